// SPDX-License-Identifier: Apache-2.0

import DaemonSettings
import Glibc
import JSONText
import PolicyFiles
import TerminalKit
import VaultBroker

/// What `vaultd --check` prints: each setting, its origin, and what is wrong with the set-up and the policies.
struct SettingsReport {
    let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    /// - Returns: whether the daemon could be started with this.
    func print() -> Bool {
        let lines = places + opener + limits + others
        let width = lines.map { $0.name.count }.max() ?? 0
        for line in lines {
            let padding = String(repeating: " ", count: width - line.name.count)
            Swift.print("\(line.name)\(padding)  \(line.value.escaped)  (\(line.origin.escaped))")
        }
        let findings = SetupCheck(settings).findings()
        for finding in findings { finding.report() }
        let (placesAreRight, policiesAreRight) = (checkPlaces(), checkPolicies())
        return placesAreRight && policiesAreRight && !findings.contains { $0.isError }
    }

    private func checkPlaces() -> Bool {
        let problems = settings.openerPlaces.problemsOfRoots
        for problem in problems { StandardOutput.writeErrorLine(problem.text(source: nil)) }
        return !problems.contains { $0.severity == .error }
    }

    /// A line of the report.
    private struct Line {
        let name: String
        let value: String
        let origin: String

        init(_ name: String, _ value: String, _ origin: String) {
            self.name = name
            self.value = value
            self.origin = origin
        }

        init(_ name: String, _ setting: Settings.Value<String?>, otherwise: String) {
            self.init(name, setting.value ?? otherwise, setting.origin)
        }
    }

    private var places: [Line] {
        [
            Line("config", settings.configurationFile, otherwise: "none"),
            Line("owner", "uid \(settings.owner)", settings.flags.system ? "--system" : "default"),
            Line("socket", settings.socket.value, settings.socket.origin),
            Line("socket mode", "0" + String(settings.socketMode.value, radix: 8), settings.socketMode.origin),
            Line("state", settings.state.value, settings.state.origin),
            Line("policies", settings.policies, otherwise: "none"),
            Line("run-as", settings.runAs, otherwise: "the user who starts it"),
        ]
    }

    private var opener: [Line] {
        func list(_ words: [String]) -> String { words.isEmpty ? "none" : words.joined(separator: " ") }
        let socket = settings.flags.openerSocket
        return [
            Line("opener", socket ?? "started by vaultd", socket == nil ? "default" : "--opener-socket"),
            Line("opener roots", list(settings.openerRoots.value), settings.openerRoots.origin),
            Line("opener timeout", Self.time(settings.openerTimeoutUSec.value), settings.openerTimeoutUSec.origin),
            Line("opener workers", "\(settings.openerWorkers.value)", settings.openerWorkers.origin),
            Line("helpers", list(settings.helpers.value), settings.helpers.origin),
            Line("helper user", settings.helperUser, otherwise: "none"),
        ]
    }

    private var limits: [Line] {
        let limits = settings.configuration.limits
        let usual = BrokerConfiguration.Limits()
        func line<Value>(_ name: String, _ setting: Setting<Value>?, _ usual: Value, _ text: (Value) -> String) -> Line
        {
            Line("limits \(name)", text(setting?.value ?? usual), settings.origin(of: setting))
        }
        let number = { (value: Int) in "\(value)" }
        return [
            line("connections", limits.connections, usual.connections, number),
            line("connections-per-uid", limits.connectionsPerUID, usual.connectionsPerUser, number),
            line("message", limits.messageBytes, usual.messageBytes) { "\($0) bytes" },
            line("idle", limits.idleUSec, usual.idleUSec) { $0 == 0 ? "for ever" : Self.time($0) },
            line("half-message", limits.halfMessageUSec, usual.halfMessageUSec, Self.time),
            line("records-per-uid", limits.recordsPerUID, usual.recordsPerUser) { "\($0) in a second" },
            line("leases-per-uid", limits.leasesPerUID, usual.leasesPerUser, number),
            line("holders", limits.holders, usual.holders, number),
        ]
    }

    private var others: [Line] {
        let (audit, log) = (settings.configuration.audit, settings.configuration.log)
        return [
            Line(
                "audit durability", (audit.durability?.value ?? .full).rawValue, settings.origin(of: audit.durability)),
            Line(
                "audit checkpoint records", "\(settings.checkpointRecords.value)", settings.checkpointRecords.origin),
            Line(
                "audit checkpoint every", Self.time(settings.checkpointEveryUSec.value),
                settings.checkpointEveryUSec.origin),
            Line("audit facts", settings.recordedFacts.value.audited, settings.recordedFacts.origin),
            Line("audit origin", settings.logOrigin.value, settings.logOrigin.origin),
            Line("log level", (log.level?.value ?? .info).rawValue, settings.origin(of: log.level)),
            Line("log format", (log.format?.value ?? .text).rawValue, settings.origin(of: log.format)),
        ]
    }

    private static func time(_ microseconds: Int64) -> String {
        microseconds % 1000 == 0 ? "\(microseconds / 1000) ms" : "\(microseconds) us"
    }

    private func checkPolicies() -> Bool {
        guard let path = settings.policies.value else { return true }
        do {
            let directory = try PolicyDirectory.read(path)
            var (set, problems) = PolicyReader.read(directory.files, names: SystemNames())
            problems = directory.unread + problems
            problems += settings.openerPlaces.problems(of: set.capabilities, looks: true)
            for problem in problems {
                let source = directory.files.first { $0.path == problem.path }?.text
                StandardOutput.writeErrorLine(problem.text(source: source))
            }
            Swift.print("\(set.capabilities.count) capabilities, \(set.rules.count) rules, \(problems.count) problems")
            return !problems.contains { $0.severity == .error }
        } catch {
            StandardOutput.writeErrorLine(error.text(source: nil))
            return false
        }
    }
}

extension [DaemonConfiguration.Audit.Fact] {
    /// With what is recorded in any case.
    fileprivate var audited: String {
        let always: Self = [.label, .unit, .cgroup, .loginuid]
        return (always + filter { !always.contains($0) }).map(\.rawValue).joined(separator: " ")
    }
}

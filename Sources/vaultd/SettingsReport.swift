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

    /// - Returns: whether the daemon could be started with this.
    func print() -> Bool {
        let lines = places + opener + limits + others
        let width = lines.map { $0.name.count }.max() ?? 0
        for line in lines {
            let padding = String(repeating: " ", count: width - line.name.count)
            Swift.print("\(line.name)\(padding)  \(line.value.escaped)  (\(line.origin.escaped))")
        }
        let findings = SetupCheck(settings: settings).findings()
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
    }

    private func line<Value>(
        _ name: String, _ setting: Settings.Value<Value>, _ text: (Value) -> String = { "\($0)" }
    ) -> Line {
        Line(name: name, value: text(setting.value), origin: setting.origin)
    }

    private var places: [Line] {
        [
            line("config", settings.configurationFile) { $0 ?? "none" },
            Line(name: "owner", value: "uid \(settings.owner)", origin: settings.flags.system ? "--system" : "default"),
            line("socket", settings.socket),
            line("socket mode", settings.socketMode) { "0" + String($0, radix: 8) },
            line("s6 socket", settings.s6Socket) { $0 ?? "none" },
            line("s6 socket mode", settings.s6SocketMode) { "0" + String($0, radix: 8) },
            line("s6 prefix", settings.s6Prefix),
            line("notify socket", settings.notifySocket) {
                $0.map {
                    "\($0.path.value), mode 0\(String($0.mode?.value ?? 0o666, radix: 8)), as \($0.prefix.value.prefix)"
                } ?? "none"
            },
            line("credentials socket", settings.credentialsSocket) { $0 ?? "none" },
            line("credentials socket mode", settings.credentialsSocketMode) { "0" + String($0, radix: 8) },
            line("credentials names", settings.credentialNames),
            line("metrics socket", settings.metricsSocket) {
                switch $0 {
                case .path(let path, let mode)?: "\(path), mode 0\(String(mode, radix: 8))"
                case let port?: "\(port)"
                case nil: "none"
                }
            },
            line("state", settings.state),
            line("policies", settings.policies) { $0 ?? "none" },
            line("run-as", settings.runAs) { $0 ?? "the user who starts it" },
        ]
    }

    private var opener: [Line] {
        func list(_ words: [String]) -> String { words.isEmpty ? "none" : words.joined(separator: " ") }
        let socket = settings.flags.openerSocket
        return [
            Line(
                name: "opener", value: socket ?? "started by vaultd",
                origin: socket == nil ? "default" : "--opener-socket"),
            line("opener roots", settings.openerRoots, list),
            line("opener timeout", settings.openerTimeoutUSec, Self.time),
            line("opener workers", settings.openerWorkers),
            line("helpers", settings.helpers, list),
            line("helper user", settings.helperUser) { $0 ?? "none" },
        ]
    }

    private var limits: [Line] {
        let limits = settings.configuration.limits
        let usual = BrokerConfiguration.Limits()
        func limit<Value>(
            _ name: String, _ setting: Setting<Value>?, _ usual: Value, _ text: (Value) -> String = { "\($0)" }
        ) -> Line { line("limits \(name)", settings.chosen(setting, usual), text) }
        return [
            limit("connections", limits.connections, usual.sessions.connections),
            limit("connections-per-uid", limits.connectionsPerUID, usual.sessions.connectionsPerUser),
            limit("message", limits.messageBytes, usual.messageBytes) { "\($0) bytes" },
            limit("idle", limits.idleUSec, usual.sessions.idleUSec) { $0 == 0 ? "for ever" : Self.time($0) },
            limit("half-message", limits.halfMessageUSec, usual.sessions.halfMessageUSec, Self.time),
            limit("records-per-uid", limits.recordsPerUID, usual.recordsPerUser) { "\($0) in a second" },
            limit("deposits-per-uid", limits.depositsPerUID, usual.depositsPerUser),
            limit("leases-per-uid", limits.leasesPerUID, usual.leasesPerUser),
            limit("holders", limits.holders, usual.holders),
        ]
    }

    private var others: [Line] {
        let (audit, log) = (settings.configuration.audit, settings.configuration.log)
        return [
            line("audit durability", settings.chosen(audit.durability, .full)) { $0.rawValue },
            line("audit checkpoint records", settings.checkpointRecords),
            line("audit checkpoint every", settings.checkpointEveryUSec, Self.time),
            line("audit facts", settings.recordedFacts) { $0.audited },
            line("audit origin", settings.logOrigin),
            line("log level", settings.chosen(log.level, .info)) { $0.rawValue },
            line("log format", settings.chosen(log.format, .text)) { $0.rawValue },
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
            let texts = Dictionary(directory.files.map { ($0.path, $0.text) }) { first, _ in first }
            var lines: [String: SourceLines] = [:]
            for problem in problems {
                if lines[problem.path] == nil { lines[problem.path] = texts[problem.path].map(SourceLines.init) }
                StandardOutput.writeErrorLine(problem.text(lines: lines[problem.path]))
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

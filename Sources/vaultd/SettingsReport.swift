// SPDX-License-Identifier: Apache-2.0

import Glibc
import PolicyFiles

/// What `vaultd --check` prints: each setting, its origin, and what is wrong with the policies.
struct SettingsReport {
    let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    /// - Returns: whether the daemon could be started with this.
    func print() -> Bool {
        let lines: [(String, String, String)] = [
            ("config", settings.configurationFile.value ?? "none", settings.configurationFile.origin),
            ("socket", settings.socket.value, settings.socket.origin),
            ("socket mode", "0" + String(settings.socketMode.value, radix: 8), settings.socketMode.origin),
            ("state", settings.state.value, settings.state.origin),
            ("policies", settings.policies.value ?? "none", settings.policies.origin),
            ("run-as", settings.runAs.value ?? "the user who starts it", settings.runAs.origin),
            ("opener roots", settings.openerRoots.value.joined(separator: " "), settings.openerRoots.origin),
            ("opener timeout", "\(settings.openerTimeoutUSec.value / 1000) ms", settings.openerTimeoutUSec.origin),
            ("opener workers", "\(settings.openerWorkers.value)", settings.openerWorkers.origin),
            (
                "helpers", settings.helpers.value.isEmpty ? "none" : settings.helpers.value.joined(separator: " "),
                settings.helpers.origin
            ),
            (
                "audit checkpoint",
                "\(settings.checkpointRecords.value) records, \(settings.checkpointEveryUSec.value / 1000) ms",
                settings.checkpointEveryUSec.origin
            ),
            ("audit origin", settings.logOrigin.value, settings.logOrigin.origin),
            ("helper user", settings.helperUser.value ?? "none", settings.helperUser.origin),
        ]
        let width = lines.map { $0.0.count }.max() ?? 0
        for (name, value, origin) in lines {
            Swift.print(name + String(repeating: " ", count: width - name.count) + "  \(value)  (\(origin))")
        }
        let places = checkPlaces()
        return checkPolicies() && places
    }

    private func checkPlaces() -> Bool {
        let problems = settings.openerPlaces.problemsOfRoots
        for problem in problems { StandardError.write(line: problem.text(source: nil)) }
        return !problems.contains { $0.severity == .error }
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
                StandardError.write(line: problem.text(source: source))
            }
            Swift.print("\(set.capabilities.count) capabilities, \(set.rules.count) rules, \(problems.count) problems")
            return !problems.contains { $0.severity == .error }
        } catch {
            StandardError.write(line: error.text(source: nil))
            return false
        }
    }
}

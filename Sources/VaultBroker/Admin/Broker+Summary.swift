// SPDX-License-Identifier: Apache-2.0

import JSONText
import VaultCore

/// The state of the broker in one line, as the service manager shows it (`STATUS=` of sd_notify(3)).
extension Broker {
    /// In UTF-8 bytes, so that `systemctl status` shows it on a line.
    private static let summaryLength = 200

    /// What is wrong first; else what there is.
    package func summary() async -> String {
        let problems = await problems()
        guard let first = problems.first else {
            return "\(table.count) capabilities, \(policy.compiled.rules.count) rules, revision \(policy.revision); "
                + "\(journal.committed) records; \(sessions.count) connections"
        }
        let line = Self.line(first.message)
        return problems.count == 1 ? line : "\(line) (and \(problems.count - 1) more: vault status)"
    }

    /// Escaped, and cut between two characters.
    private static func line(_ text: String) -> String {
        var line = ""
        var count = 0
        for scalar in text.escaped.unicodeScalars {
            count += UTF8.width(scalar)
            guard count <= summaryLength else { return line + "…" }
            line.unicodeScalars.append(scalar)
        }
        return line
    }
}

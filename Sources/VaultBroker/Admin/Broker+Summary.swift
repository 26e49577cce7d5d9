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
        let line = first.message.escaped(limit: Self.summaryLength)
        return problems.count == 1 ? line : "\(line) (and \(problems.count - 1) more: vault status)"
    }
}

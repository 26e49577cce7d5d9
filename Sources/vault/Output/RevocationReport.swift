// SPDX-License-Identifier: Apache-2.0

import VaultInterface

/// What a revocation did, for people: the rules, and a line for each holder.
struct RevocationReport {
    private let reply: AdminInterface.Revoke.Reply
    private let isDryRun: Bool

    init(_ reply: AdminInterface.Revoke.Reply, isDryRun: Bool) {
        self.reply = reply
        self.isDryRun = isDryRun
    }

    func text(colours: Bool) -> String {
        let record = reply.record.map { " (record \($0))" } ?? ""
        var text = reply.rules.isEmpty ? "no rule to revoke\n" : ""
        for rule in reply.rules {
            text += "\(isDryRun ? "would revoke" : "revoked") \(rule.escaped)\(record)\n"
        }
        var table = Table("HOLDER", "PID", "PROGRAM", "GRANT", "DONE", "STILL CAN")
        for outcome in reply.outcomes { table.add(Self.cells(of: outcome)) }
        if !reply.rules.isEmpty, reply.outcomes.isEmpty, !isDryRun {
            text += "no descriptor that is out was taken back\n"
        }
        return text + table.take(colours: colours)
    }

    private static func cells(of outcome: AdminInterface.Outcome) -> [Table.Cell] {
        [
            .init(outcome.user ?? "?"), .init(outcome.pid.map(String.init) ?? "?"), .init(outcome.exe ?? "?"),
            .init(outcome.record.map(String.init) ?? "?"), .init(outcome.done, outcome.done == "none" ? .bad : .good),
            .init(outcome.remaining.isEmpty ? "nothing" : outcome.remaining, outcome.remaining.isEmpty ? .good : .bad),
        ]
    }
}

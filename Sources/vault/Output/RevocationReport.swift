// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import VaultInterface

/// What a revocation did, for people: the rules, and a line for each holder.
struct RevocationReport {
    let reply: AdminInterface.Revoke.Reply
    let isDryRun: Bool

    func text(colours: Bool) -> String {
        let record = reply.record.map { " (record \($0))" } ?? ""
        // Why there is none is told on standard error, where the broker says it.
        var text = reply.rules.isEmpty && reply.problems?.isEmpty ?? true ? "no rule to revoke\n" : ""
        for rule in reply.rules {
            text += "\(isDryRun ? "would revoke" : "revoked") \(rule.escaped)\(record)\n"
        }
        for outcome in reply.outcomes {
            text += Self.style(of: outcome).applied(to: Self.line(of: outcome).escaped, colours: colours) + "\n"
        }
        let lifted = reply.lifted ?? []
        if !reply.rules.allSatisfy(lifted.contains), reply.outcomes.isEmpty {
            text +=
                "nothing went out under it since the daemon started: 'vault audit list --rule' shows what did before\n"
        }
        for rule in lifted {
            text += "\(rule.escaped) forbade: what it forbade \(isDryRun ? "would be" : "is") forbidden by it no more\n"
        }
        let gained = (reply.nowPermittedBy ?? []).map { "now permitted by \($0.escaped)" }
        if !lifted.isEmpty, gained.isEmpty { text += "no rule permits it, so nobody gains anything\n" }
        for line in gained + reply.stillPermittedBy.map({ "still permitted by \($0.escaped)" }) {
            text += Style.doubtful.applied(to: line, colours: colours) + "\n"
        }
        return text
    }

    /// `alice, pid 4711, /usr/bin/cat, grant 17: not taken back, can read`; a broker need not know all of it.
    private static func line(of outcome: AdminInterface.Outcome) -> String {
        let holder = [
            outcome.user, outcome.pid.map { "pid \($0)" }, outcome.exe, outcome.record.map { "grant \($0)" },
        ].compactMap { $0 }.joined(separator: ", ")
        let done = outcome.done == "none" ? "not taken back" : "taken back by \(outcome.done)"
        let result = outcome.remaining.isEmpty ? done : "\(done); \(outcome.remaining)"
        return holder.isEmpty ? result : "\(holder): \(result)"
    }

    private static func style(of outcome: AdminInterface.Outcome) -> Style {
        outcome.done == "none" ? .bad : outcome.remaining.isEmpty ? .good : .doubtful
    }
}

// SPDX-License-Identifier: Apache-2.0

import VaultCore
import VaultInterface

/// Something that is wrong with the vault, and what an administrator can do about it.
struct StatusProblem: Equatable {
    /// What is wrong, in one line without a full stop.
    var message: String
    /// What stands behind `Try: `.
    var remedy: String

    init(_ message: String, remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    /// A member of `advice` in the reply of `Status`.
    var onWire: AdminInterface.Advice { .init(problem: message, remedy: remedy) }
}

/// What is wrong just now, the worst first.
extension Broker {
    func problems() async -> [StatusProblem] { await problems(await directoryReport()) }

    func problems(_ report: DirectoryReport?) async -> [StatusProblem] {
        var problems = await logProblems()
        if let clock = clockProblem { problems.append(clock) }
        let places = TrustedPlaces(configuration)
        problems += await files.run { places.problems() }
        if let problem = opener.problem { problems.append(problem) }
        problems += table.sorted { $0.problem != nil }.compactMap { entry in
            entry.problem.map {
                .init("\(entry.capability.name): \($0.text)", remedy: $0.remedy(for: entry.capability))
            }
        }
        problems += table.sorted { $0.stateWord == "stale" }.map {
            .init(
                "\($0.capability.name): its path names another file now, or the file was written anew",
                remedy: "vault reload, which opens it anew")
        }
        problems += policyProblems(report)
        problems += policy.compiled.suspended.sorted().map {
            .init("the rule \($0) is suspended", remedy: "vault policy resume \($0), which ends that")
        }
        return problems
    }
}

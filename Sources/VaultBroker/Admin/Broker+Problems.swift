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
        let unreturned = core.unreturnedDeposits
        if unreturned > 0, !journal.isWorking {
            problems.append(
                .init(
                    "\(unreturned) deposits of the run before cannot be had: that they are back cannot be recorded",
                    remedy: "wait: they are there when the log can be written"))
        }
        if depositStore.leftOut > 0 {
            problems.append(
                .init(
                    "\(depositStore.leftOut) deposits will not outlive a restart: the service manager keeps no more",
                    remedy: "remove what nobody needs, or a larger FileDescriptorStoreMax= in vaultd.service; "
                        + "their names have to fit into \(DepositStore.mostNameBytes) bytes in any case"))
        }
        let failed = table.sorted { $0.problem != nil }.map { ($0.capability, $0.problem) }
        let stale = table.sorted(where: \.isShownStale).map(\.capability.name)
        let (ofReload, policy) = (reloadProblems(report), policy)
        let soFar = problems
        // There may be as many as there are capabilities and rules.
        return await questions.run {
            var problems = soFar
            for case (let capability, let problem?) in failed {
                problems.append(
                    .init("\(capability.name): \(problem.text)", remedy: problem.remedy(for: capability)))
            }
            problems += stale.map {
                .init(
                    "\($0): its path names another file now, or the file was written anew",
                    remedy: "vault reload, which opens it anew")
            }
            problems += ofReload
            problems += (policy.problems + policy.placeProblems).map(StatusProblem.init)
            problems += (report?.unread ?? []).map(StatusProblem.init)
            problems += policy.compiled.suspended.sorted().map {
                .init("the rule \($0) is suspended", remedy: "vault policy resume \($0), which ends that")
            }
            return problems
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import VaultModel

/// Whether what capabilities name can be opened at all; it is said when they are declared.
extension Broker {
    /// How long a look at the links of paths may take: a file system may never answer. In microseconds.
    private static let lookLimitUSec: Int64 = 1_000_000

    /// Warnings of what the opener will not open. Where looking at the paths takes too long, only their texts count.
    func placeProblems(of capabilities: [Capability]) async -> [PolicyProblem] {
        guard let places = configuration.openerPlaces, !capabilities.isEmpty else { return [] }
        let found = await withCheckedContinuation { (continuation: CheckedContinuation<[PolicyProblem]?, Never>) in
            let answer = FirstAnswer(continuation)
            let late = LoopBound(answer, to: loop)
            let timer = loop.timer(after: .microseconds(Self.lookLimitUSec)) { late.value.give(nil) }
            Task {
                let problems = await declaredLooks.run { places.problems(of: capabilities, looks: true) }
                _ = loop.cancel(timer)
                answer.give(problems)
            }
        }
        if let found { return found }
        return await questions.run { places.problems(of: capabilities, looks: false) }
    }

    /// Passes on what comes first. Lives on the loop.
    private final class FirstAnswer {
        private var continuation: CheckedContinuation<[PolicyProblem]?, Never>?

        init(_ continuation: CheckedContinuation<[PolicyProblem]?, Never>) { self.continuation = continuation }

        func give(_ problems: [PolicyProblem]?) {
            continuation?.resume(returning: problems)
            continuation = nil
        }
    }
}

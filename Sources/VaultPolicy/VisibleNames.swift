// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Which names one caller may see at one moment, for many names one after the other: whether
/// ``CompiledPolicy/decide(_:counters:)`` permits to `list` each. What a record would tell of it is not gathered, which
/// costs several times as much.
package struct VisibleNames {
    private let policy: CompiledPolicy
    private var request: DecisionRequest
    /// What is found for a name; kept from one to the next.
    private var patterns: [Int32] = []
    private var candidates: [Int32] = []

    /// - Parameter request: who asks, and when; to `list`.
    package init(_ policy: CompiledPolicy, _ request: DecisionRequest) {
        precondition(request.action == .list, "seeing is what is asked for")
        self.policy = policy
        self.request = request
    }

    /// Whether the caller may see a name.
    package mutating func contains(_ name: CapabilityName) -> Bool {
        patterns.removeAll(keepingCapacity: true)
        candidates.removeAll(keepingCapacity: true)
        policy.index.addPatterns(name, &patterns)
        for pattern in patterns { policy.index.addCandidates(pattern, request.identity, &candidates) }
        request.name = name
        var isPermitted = false
        for number in candidates where policy.index.counts(Int(number)) {
            let rule = policy.numbered[Int(number)]
            guard rule.isAbout(request) else { continue }
            // A permit to list has no rights, and counts nothing: it is enough that it is about the request.
            guard rule.effect == .permit else { return false }
            isPermitted = true
        }
        return isPermitted
    }
}

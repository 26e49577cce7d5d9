// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// How many grants went out under each rule, and to which user, since the daemon started: what a revocation cannot take
/// back is at least counted.
package struct SentCounts {
    private var counts: [String: [UInt32: Int]] = [:]

    package init() {}

    package mutating func add(_ rule: String, uid: UInt32) { counts[rule, default: [:]][uid, default: 0] += 1 }

    /// Forgets the rules that are gone.
    package mutating func keep(only rules: Set<String>) {
        guard !counts.keys.allSatisfy(rules.contains) else { return }
        counts = counts.filter { rules.contains($0.key) }
    }

    /// Under one rule, in the order of the users.
    package func sent(under rule: String) -> [(uid: UInt32, count: Int)] {
        (counts[rule] ?? [:]).sorted { $0.key < $1.key }.map { (uid: $0.key, count: $0.value) }
    }
}

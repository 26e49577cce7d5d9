// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// How many grants went out under each rule, and to which user, since the daemon started: what a revocation cannot take
/// back is at least counted.
package struct SentCounts {
    private struct Count {
        var all = 0
        var contents = 0
    }

    private var counts: [String: [UInt32: Count]] = [:]

    package init() {}

    /// - Parameter isContent: no descriptor left, but what it holds.
    package mutating func add(_ rule: String, uid: UInt32, isContent: Bool = false) {
        counts[rule, default: [:]][uid, default: Count()].all += 1
        if isContent { counts[rule, default: [:]][uid, default: Count()].contents += 1 }
    }

    /// Forgets the rules that are gone.
    package mutating func keep(only rules: Set<String>) {
        guard !counts.keys.allSatisfy(rules.contains) else { return }
        counts = counts.filter { rules.contains($0.key) }
    }

    /// Under one rule, in the order of the users.
    package func sent(under rule: String) -> [(uid: UInt32, count: Int, contents: Int)] {
        (counts[rule] ?? [:]).sorted { $0.key < $1.key }.map {
            (uid: $0.key, count: $0.value.all, contents: $0.value.contents)
        }
    }
}

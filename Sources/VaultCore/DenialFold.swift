// SPDX-License-Identifier: Apache-2.0

import Records

/// Decides which denials get a record of their own and which are counted together.
///
/// For each uid 20 in 10 seconds are recorded one by one, over all uids 200; what is beyond is counted in one
/// `deny.summary` a uid every 10 seconds (the 16 uids with most, the others together), so that nobody can fill the
/// disk with denials. Refused connections and messages that are none count too.
package struct DenialFold {
    package static let window: Int64 = 10_000_000
    package static let perUser = 20
    package static let overall = 200
    package static let usersTold = 16

    private var windowStart: Int64 = 0
    private var recorded: [UInt32: Int] = [:]
    private var recordedOverall = 0
    private var folded: [UInt32: Record.DenialSummary] = [:]

    package init() {}

    /// Whether something waits for `summaries()`.
    package var hasFolded: Bool { !folded.isEmpty }

    /// Counts one denial.
    /// - Returns: whether it gets a record of its own; otherwise it has been folded.
    package mutating func admit(uid: UInt32, kind: String, bootUSec: Int64, wallUSec: Int64) -> Bool {
        if bootUSec - windowStart >= Self.window {
            windowStart = bootUSec
            recorded.removeAll(keepingCapacity: true)
            recordedOverall = 0
        }
        let own = recorded[uid, default: 0]
        if own < Self.perUser, recordedOverall < Self.overall {
            recorded[uid] = own + 1
            recordedOverall += 1
            return true
        }
        var summary =
            folded[uid] ?? Record.DenialSummary(uid: uid, count: 0, firstUSec: wallUSec, lastUSec: wallUSec, kinds: [:])
        summary.count += 1
        summary.lastUSec = wallUSec
        summary.kinds[kind, default: 0] += 1
        folded[uid] = summary
        return false
    }

    /// Hands over what was folded: the uids with most first, then one for all others together.
    package mutating func summaries() -> [Record.DenialSummary] {
        let all = folded.values.sorted { ($0.count, $1.uid ?? 0) > ($1.count, $0.uid ?? 0) }
        folded.removeAll(keepingCapacity: true)
        guard all.count > Self.usersTold else { return all }
        var rest = Record.DenialSummary(uid: nil, count: 0, firstUSec: .max, lastUSec: .min, kinds: [:])
        for one in all[Self.usersTold...] {
            rest.count += one.count
            rest.firstUSec = min(rest.firstUSec, one.firstUSec)
            rest.lastUSec = max(rest.lastUSec, one.lastUSec)
            rest.kinds.merge(one.kinds, uniquingKeysWith: +)
        }
        return Array(all[..<Self.usersTold]) + [rest]
    }
}

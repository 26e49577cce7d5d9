// SPDX-License-Identifier: Apache-2.0

/// The grants that were sent over one connection and of which its client has not said whether they have arrived, by the
/// indices of their records.
///
/// It keeps the newest: a client that never says anything costs no more than this.
package struct SentRecords {
    /// How many. More than can lie unread on a connection, so that a client which says at once what has arrived is always
    /// believed.
    package static let mostAwaitingReceipt = 1_280

    /// A ring once it is full; what was taken out of its middle is ``none``.
    private var records: [UInt64] = []
    /// Where the next one goes once it is full.
    private var oldest = 0
    /// How many there are.
    package private(set) var count = 0

    /// No record has this index.
    private static let none = UInt64.max

    package init() {}

    package mutating func add(_ record: UInt64) {
        guard records.count == Self.mostAwaitingReceipt else {
            count += 1
            return records.append(record)
        }
        if records[oldest] == Self.none { count += 1 }
        records[oldest] = record
        oldest = oldest + 1 == Self.mostAwaitingReceipt ? 0 : oldest + 1
    }

    /// Takes out those of these that are there: each can be told once.
    package mutating func take(_ claimed: [UInt64]) -> [UInt64] {
        if isPlanted(.receiptOfAnybody) { return claimed }
        guard !claimed.isEmpty, count > 0 else { return [] }
        var taken: [UInt64] = []
        if claimed.count < 4 {
            for record in claimed {
                // Mostly one of the newest.
                guard record != Self.none, let place = records.lastIndex(of: record) else { continue }
                take(place, &taken)
            }
        } else {
            // Whatever is claimed, it is gone through once.
            let claimed = Set(claimed)
            for place in records.indices where records[place] != Self.none && claimed.contains(records[place]) {
                take(place, &taken)
            }
        }
        if count == 0 {
            records.removeAll(keepingCapacity: true)
            oldest = 0
        }
        return taken
    }

    private mutating func take(_ place: Int, _ taken: inout [UInt64]) {
        taken.append(records[place])
        records[place] = Self.none
        count -= 1
    }
}

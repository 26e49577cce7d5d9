// SPDX-License-Identifier: Apache-2.0

/// How many numbers lay between which bounds: plain integers, so that to count costs nothing that could be measured.
package struct Histogram: Sendable, Equatable {
    /// Upper ones, rising.
    package let bounds: [Int64]
    /// One for each bound, and the last for what is beyond all of them.
    package private(set) var counts: [UInt64]
    package private(set) var sum: Int64 = 0

    package init(_ bounds: [Int64]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    package mutating func add(_ number: Int64) {
        counts[bounds.firstIndex { number <= $0 } ?? bounds.count] += 1
        sum &+= number
    }
}

/// Commits since the start.
package struct CommitCounts: Sendable {
    /// From handing a batch to the ledger until it is heard that it is durable, in microseconds.
    package private(set) var latency = Histogram([
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000,
    ])
    /// Records of a batch.
    package private(set) var records = Histogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024])
    package private(set) var failed: UInt64 = 0

    mutating func add(_ records: Int, usec: Int64) {
        latency.add(usec)
        self.records.add(Int64(records))
    }

    mutating func fail() { failed += 1 }
}

/// What became of grants since the start.
package struct GrantCounts: Sendable {
    package internal(set) var sent: UInt64 = 0
    /// Recorded, and not sent.
    package internal(set) var withdrawn: UInt64 = 0
    /// Calls that were permitted, and whose descriptor could not be had.
    package internal(set) var notOpened: UInt64 = 0
}

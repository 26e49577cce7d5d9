// SPDX-License-Identifier: Apache-2.0

/// When the log is signed again: after so many records, or so long after the first that no checkpoint covers.
struct CheckpointCadence: Sendable, Equatable {
    /// A log that grows fast is signed no more often than this, so that signing never costs it more than a few
    /// synchronisations a second.
    static let leastPauseUSec: Int64 = 200_000

    /// The settings `audit.checkpoint.records` and `every`.
    var records: UInt64 = 1000
    var everyUSec: Int64 = 10_000_000

    /// How long to wait before signing, in microseconds; nil where a checkpoint covers everything.
    func wait(uncovered: UInt64, sinceLastUSec: Int64) -> Int64? {
        guard uncovered > 0 else { return nil }
        guard uncovered >= records else { return everyUSec }
        return max(0, Self.leastPauseUSec - sinceLastUSec)
    }
}

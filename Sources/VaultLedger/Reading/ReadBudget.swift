// SPDX-License-Identifier: Apache-2.0

/// How long one read transaction may last, since an open reader keeps the WAL from being reset
/// (Decisions: a reader's turn is short).
struct ReadBudget {
    static let rowLimit = 10_000
    static let timeLimit = Duration.milliseconds(100)

    private var rows = 0
    private let limit: Int
    private let end = ContinuousClock.now.advanced(by: timeLimit)
    private(set) var isSpent = false

    /// For at most so many rows.
    init(rows limit: Int = rowLimit) {
        self.limit = min(limit, Self.rowLimit)
    }

    /// Takes one row's worth; false when the transaction is to end after it.
    mutating func spend() -> Bool {
        rows += 1
        // The clock is looked at now and then; a row takes microseconds.
        if rows >= limit || (rows.isMultiple(of: 256) && ContinuousClock.now >= end) { isSpent = true }
        return !isSpent
    }

    /// Looks at the clock, after work that was more than rows.
    mutating func checkTime() {
        if ContinuousClock.now >= end { isSpent = true }
    }
}

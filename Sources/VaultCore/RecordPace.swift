// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// How many records the permitted calls on one account have written in the present second (`limits.records-per-uid`).
package struct RecordPace {
    private var second: Int64 = 0
    private var written: [Account: Int] = [:]

    package init() {}

    /// In how long the next second begins, in microseconds.
    package static func nextUSec(bootUSec: Int64) -> Int { Int(1_000_000 - bootUSec % 1_000_000) }

    /// Counts `records` more for `account`, unless that would exceed `limit` in this second of the boot clock.
    package mutating func admit(_ records: Int, for account: Account, limit: Int, bootUSec: Int64) -> Bool {
        let now = bootUSec / 1_000_000
        if now != second {
            second = now
            written.removeAll(keepingCapacity: true)
        }
        return Self.count(records, in: &written[account, default: 0], limit: limit)
    }

    private static func count(_ records: Int, in own: inout Int, limit: Int) -> Bool {
        // A single call may be larger than the limit: it has the second to itself.
        guard own == 0 || own + records <= limit else { return false }
        own += records
        return true
    }
}

// SPDX-License-Identifier: Apache-2.0

/// How much of the broker's time each uid may take for what it only asks, in microseconds of a budget that fills up evenly.
///
/// What is done may cost more than is left, and then that is owed: nothing more is taken up for the uid until there is
/// something left again.
package struct WorkPace {
    /// So much of each second one uid may take while no other does.
    package static let share: Int64 = 200_000
    /// So much of each second all uids together may take: where many do, each gets less.
    package static let shareOfAll: Int64 = 500_000
    /// What one uid may take at once.
    package static let atOnce: Int64 = 50_000
    /// No uid owes more than this: it is never kept waiting for longer than a few seconds.
    package static let mostOwed: Int64 = 500_000

    private struct Account {
        var left: Int64
        var atUSec: Int64
    }

    /// Those whose budget is not full.
    private var accounts: [UInt32: Account] = [:]
    private var tidiedUSec: Int64 = 0

    package init() {}

    /// How fast the budget of one uid fills up, in microseconds a second. Who administers the machine has twice the share.
    private func rate(_ uid: UInt32) -> Int64 {
        let own = uid == 0 ? Self.share * 2 : Self.share
        return min(own, Self.shareOfAll / Int64(max(1, accounts.count)))
    }

    private func left(_ uid: UInt32, _ bootUSec: Int64) -> Int64 {
        guard let account = accounts[uid] else { return Self.atOnce }
        let passed = min(max(0, bootUSec - account.atUSec), 60_000_000)
        return min(Self.atOnce, account.left + passed * rate(uid) / 1_000_000)
    }

    /// Whether anything may be taken up for the uid.
    package func mayWork(_ uid: UInt32, bootUSec: Int64) -> Bool {
        accounts.isEmpty || left(uid, bootUSec) > 0
    }

    /// Counts what a uid takes.
    package mutating func charge(_ usec: Int64, _ uid: UInt32, bootUSec: Int64) {
        guard usec > 0 else { return }
        tidy(bootUSec)
        accounts[uid] = Account(left: max(-Self.mostOwed, left(uid, bootUSec) - usec), atUSec: bootUSec)
    }

    /// What was counted turns out to be paid otherwise.
    package mutating func giveBack(_ usec: Int64, _ uid: UInt32, bootUSec: Int64) {
        guard usec > 0, accounts[uid] != nil else { return }
        accounts[uid] = Account(left: min(Self.atOnce, left(uid, bootUSec) + usec), atUSec: bootUSec)
    }

    /// Whose budget is full by now has no account: shares are counted by those who take something.
    private mutating func tidy(_ bootUSec: Int64) {
        guard bootUSec - tidiedUSec >= 100_000 else { return }
        tidiedUSec = bootUSec
        accounts = accounts.filter { left($0.key, bootUSec) < Self.atOnce }
    }
}

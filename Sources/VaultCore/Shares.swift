// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// How many of something that is scarce are taken, in all and on each account. They are taken before what they are for is made,
/// and given back when the ``Charge`` goes that stands for them.
package final class Shares {
    /// In all.
    package let most: Int
    /// On one account.
    package let mostOfOne: Int
    package private(set) var total = 0
    private var taken: [Account: Share] = [:]

    /// How many one account has taken. It is found once for each charge, which gives back to it.
    fileprivate final class Share {
        let account: Account
        var count = 0
        init(_ account: Account) { self.account = account }
    }

    package init(most: Int, ofOne mostOfOne: Int) {
        self.most = most
        self.mostOfOne = mostOfOne
    }

    package subscript(account: Account) -> Int { taken[account]?.count ?? 0 }

    /// How many more may be taken. The last quarter of all is for those who have none, so that a few who have all that they
    /// may leave something to whoever comes.
    package func room(for account: Account) -> Int { room(beside: self[account]) }

    private func room(beside own: Int) -> Int {
        max(0, min(mostOfOne - own, (own == 0 ? most : most - most / 4) - total))
    }

    /// Takes so many, or (nil) none.
    package func take(_ count: Int = 1, for account: Account) -> Charge? {
        let known = taken[account]
        guard count <= room(beside: known?.count ?? 0) else { return nil }
        return charge(count, known ?? newShare(account))
    }

    /// Takes one of what was there before these limits were.
    func takeAnyway(for account: Account) -> Charge { charge(1, taken[account] ?? newShare(account)) }

    private func newShare(_ account: Account) -> Share {
        let share = Share(account)
        taken[account] = share
        return share
    }

    private func charge(_ count: Int, _ share: Share) -> Charge {
        share.count += count
        total += count
        return Charge(count, share, self)
    }

    fileprivate func giveBack(_ count: Int, _ share: Share) {
        total -= count
        let left = share.count - count
        share.count = left
        if left == 0, taken[share.account] === share { taken[share.account] = nil }
    }
}

/// So many of what is scarce, on somebody's account. They are free again when the last reference to this goes.
package final class Charge {
    package let count: Int
    private let share: Shares.Share
    private let shares: Shares

    fileprivate init(_ count: Int, _ share: Shares.Share, _ shares: Shares) {
        self.count = count
        self.share = share
        self.shares = shares
    }

    package var account: Account { share.account }

    deinit { shares.giveBack(count, share) }
}

/// How the descriptors are shared that this process may have open (`RLIMIT_NOFILE`), which is also how many of what its user
/// sends may lie unread.
package struct DescriptorLimits: Sendable {
    /// Of calls that are under way, and of messages that may lie unread: in all half of what there is, since to the kernel an
    /// unread descriptor counts for the sender, whoever does not read it. One account has an eighth of that, and in any case
    /// what one message can carry.
    package var onTheWay: Int
    package var onTheWayOfOne: Int
    /// Ends of pipes that wait for their takers.
    package var kept: Int
    package var keptOfOne: Int
    /// Passed in with calls that have not been taken up, some of them half sent.
    package var incoming: Int
    package var incomingOfOne: Int
    /// Made ahead of the grants that will take them.
    package var ahead: Int
    package var aheadOfOne: Int

    /// The most descriptors of one message (`SCM_MAX_FD`).
    private static let ofOneMessage = 253

    /// - Parameter limit: how many descriptors this process may have open.
    package init(of limit: Int) {
        onTheWay = max(limit / 2, Self.ofOneMessage)
        onTheWayOfOne = max(onTheWay / 8, Self.ofOneMessage)
        kept = max(limit / 8, 16)
        keptOfOne = min(max(kept / 8, 8), 256)
        incoming = max(limit / 16, Self.ofOneMessage)
        incomingOfOne = max(incoming / 8, Self.ofOneMessage)
        ahead = max(limit / 8, 16)
        aheadOfOne = max(ahead / 8, 8)
    }
}

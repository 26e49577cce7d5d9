// SPDX-License-Identifier: Apache-2.0

/// On whose account it goes what a caller uses of something that is limited: connections, descriptors, records, leases.
///
/// That is its uid, except where it lives in a user namespace whose ids are not the host's. Who may make such a namespace has
/// tens of thousands of uids there, and would have as many shares.
package enum Account: Hashable, Sendable {
    case user(UInt32)
    /// Everybody in the user namespaces that this user made, and in those that were made in them; nil: whose these are could not
    /// be told, so that all of them together have one share.
    case namespaces(of: UInt32?)
}

extension Account: Comparable {
    /// An order that means nothing, so that a choice among several is the same each time.
    package static func < (left: Account, right: Account) -> Bool { left.rank < right.rank }

    private var rank: (Int, UInt32) {
        switch self {
        case .user(let uid): (0, uid)
        case .namespaces(let owner?): (1, owner)
        case .namespaces(nil): (2, 0)
        }
    }
}

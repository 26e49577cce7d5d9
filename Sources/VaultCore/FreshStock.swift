// SPDX-License-Identifier: Apache-2.0

import DequeModule
import VaultModel

/// Fresh descriptions of one capability that the opener made ahead of the grants that will take them.
///
/// They are all alike, so a capability in demand is served without an exchange with the opener on the request path. The
/// target doubles when a grant finds the stock empty and falls to nothing when nobody asks.
struct FreshStock {
    static let largest = 64

    /// So many users have copies of a secret made ahead.
    static let mostOwners = 32

    /// What the descriptors of one stock have in common.
    private struct Key: Hashable {
        let rights: UInt8
        /// Of copies: whose they are.
        let owner: CopyOwner?
    }

    /// One, on the account of whoever's demand it was made for.
    private struct Made {
        let descriptor: any PassableDescriptor
        let charge: Charge?
    }

    private var ready: [Key: Deque<Made>] = [:]
    private var ordered: [Key: Int] = [:]
    private var target: [Key: Int] = [:]

    var count: Int { ready.values.reduce(0) { $0 + $1.count } }

    /// Takes one with these rights, if there is one.
    ///
    /// - Parameter limit: so many are made ahead at most.
    mutating func take(
        _ rights: Rights, owner: CopyOwner? = nil, limit: Int = FreshStock.largest
    ) -> (any PassableDescriptor)? {
        let key = Key(rights: rights.rawValue, owner: owner)
        if let one = ready[key]?.popFirst() { return one.descriptor }
        guard target[key] != nil || target.count < Self.mostOwners else { return nil }
        target[key] = min(max(target[key, default: 0] * 2, 2), limit)
        return nil
    }

    /// How many more to order now; they count as ordered from here on.
    ///
    /// - Parameter room: so many at most.
    mutating func order(_ rights: Rights, owner: CopyOwner? = nil, room: Int = .max) -> Int {
        let key = Key(rights: rights.rawValue, owner: owner)
        let have = (ready[key]?.count ?? 0) + ordered[key, default: 0]
        let missing = max(0, target[key, default: 0] - have)
        // Half a stock is worth an order; a single missing one is not.
        guard missing * 2 >= target[key, default: 0], missing > 0, room > 0 else { return 0 }
        let ordering = min(missing, room)
        ordered[key, default: 0] += ordering
        return ordering
    }

    /// One that was ordered has come, or (nil) has failed.
    mutating func arrived(
        _ descriptor: (any PassableDescriptor)?, _ rights: Rights, owner: CopyOwner? = nil, _ charge: Charge? = nil
    ) {
        let key = Key(rights: rights.rawValue, owner: owner)
        ordered[key] = ordered[key].flatMap { $0 > 1 ? $0 - 1 : nil }
        guard let descriptor else {
            target[key] = nil
            return
        }
        ready[key, default: []].append(Made(descriptor: descriptor, charge: charge))
    }

    /// Closes what nobody took since the last call, and lowers the target.
    mutating func shrink() {
        target = target.compactMapValues { $0 > 1 ? $0 / 2 : nil }
        for (key, descriptors) in ready {
            let kept = target[key, default: 0]
            if kept == 0 {
                ready[key] = nil
            } else if descriptors.count > kept {
                ready[key]?.removeLast(descriptors.count - kept)
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Descriptors
import VaultModel

/// Fresh descriptions of one capability that the opener made ahead of the grants that will take them.
///
/// They are all alike, so a capability in demand is served without an exchange with the opener on the request path. The
/// target doubles when a grant finds the stock empty and falls to nothing when nobody asks.
struct FreshStock {
    static let largest = 64

    private var ready: [UInt8: Deque<HeldDescriptor>] = [:]
    private var ordered: [UInt8: Int] = [:]
    private var target: [UInt8: Int] = [:]

    var count: Int { ready.values.reduce(0) { $0 + $1.count } }

    /// Takes one with these rights, if there is one.
    mutating func take(_ rights: Rights) -> HeldDescriptor? {
        guard let one = ready[rights.rawValue]?.popFirst() else {
            let now = target[rights.rawValue, default: 0]
            target[rights.rawValue] = min(max(now * 2, 2), Self.largest)
            return nil
        }
        return one
    }

    /// How many more to order now; they count as ordered from here on.
    mutating func order(_ rights: Rights) -> Int {
        let key = rights.rawValue
        let have = (ready[key]?.count ?? 0) + ordered[key, default: 0]
        let missing = max(0, target[key, default: 0] - have)
        // Half a stock is worth an order; a single missing one is not.
        guard missing * 2 >= target[key, default: 0], missing > 0 else { return 0 }
        ordered[key, default: 0] += missing
        return missing
    }

    /// One that was ordered has come, or (nil) has failed.
    mutating func arrived(_ descriptor: HeldDescriptor?, _ rights: Rights) {
        let key = rights.rawValue
        ordered[key, default: 1] -= 1
        guard let descriptor else {
            target[key] = 0
            return
        }
        ready[key, default: []].append(descriptor)
    }

    /// Closes what nobody took since the last call, and lowers the target.
    mutating func shrink() {
        for key in target.keys { target[key, default: 0] /= 2 }
        for (key, descriptors) in ready where descriptors.count > target[key, default: 0] {
            ready[key]?.removeLast(descriptors.count - target[key, default: 0])
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Connections that are there and whose peers are still being looked at, by uid. They have a place of their uid from the
/// moment in which they are accepted, so that looking at them is bounded as connections are.
struct Arrivals {
    private var ofUser: [UInt32: Int] = [:]
    private(set) var count = 0

    func count(of uid: UInt32) -> Int { ofUser[uid, default: 0] }

    mutating func arrived(_ uid: UInt32) {
        ofUser[uid, default: 0] += 1
        count += 1
    }

    mutating func left(_ uid: UInt32) {
        guard let own = ofUser[uid] else { return }
        ofUser[uid] = own > 1 ? own - 1 : nil
        count -= 1
    }
}

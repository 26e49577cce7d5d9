// SPDX-License-Identifier: Apache-2.0

/// Counts gathered over the columns of the index, by the numbers that stand in them.
struct SegmentCounts {
    /// Numbers of terms are small: they index this.
    private var small: [(grants: UInt64, denials: UInt64)] = []
    private var large: [UInt64: (grants: UInt64, denials: UInt64)] = [:]
    private static let smallLimit: UInt64 = 1 << 20

    mutating func add(_ key: UInt64, isGrant: Bool, count: UInt64 = 1) {
        if key < Self.smallLimit {
            if Int(key) >= small.count {
                small.append(contentsOf: repeatElement((grants: 0, denials: 0), count: Int(key) + 1 - small.count))
            }
            if isGrant { small[Int(key)].grants += count } else { small[Int(key)].denials += count }
        } else if isGrant {
            large[key, default: (0, 0)].grants += count
        } else {
            large[key, default: (0, 0)].denials += count
        }
    }

    func visit(_ body: (UInt64, UInt64, UInt64) throws -> Void) rethrows {
        for (key, count) in small.enumerated() where count.grants + count.denials > 0 {
            try body(UInt64(key), count.grants, count.denials)
        }
        for (key, count) in large { try body(key, count.grants, count.denials) }
    }
}

// SPDX-License-Identifier: Apache-2.0

import TransparencyLog

/// A tree that is known by the roots of the perfect subtrees that its leaves divide into: enough to go on from, and to
/// have the root at any time.
struct PeakTree {
    private(set) var size: UInt64 = 0
    /// From left to right: one for each bit of `size` that is set, the highest first.
    private(set) var peaks: [TreeHash] = []

    init() {}

    /// - Precondition: there is a peak for each bit of the size that is set.
    init(size: UInt64, peaks: [TreeHash]) {
        precondition(peaks.count == size.nonzeroBitCount, "the peaks are not those of a tree of that size")
        self.size = size
        self.peaks = peaks
    }

    mutating func append(_ leaf: TreeHash) {
        var peak = leaf
        for _ in 0..<size.trailingOneBitCount { peak = .node(peaks.removeLast(), peak) }
        peaks.append(peak)
        size += 1
    }

    var root: TreeHash {
        guard var root = peaks.last else { return .empty }
        for peak in peaks.dropLast().reversed() { root = .node(peak, root) }
        return root
    }
}

extension UInt64 {
    fileprivate var trailingOneBitCount: Int { (~self).trailingZeroBitCount }
}

// SPDX-License-Identifier: Apache-2.0

/// That a leaf lies at an index of the tree with a given root (RFC 6962, 2.1.1).
package struct InclusionProof: Sendable, Hashable {
    package var index: UInt64
    /// The size of the tree that the proof is about.
    package var size: UInt64
    /// The siblings on the way from the leaf to the root.
    package var path: [TreeHash]

    package init(index: UInt64, size: UInt64, path: [TreeHash]) {
        self.index = index
        self.size = size
        self.path = path
    }

    /// Makes the proof for a leaf of the first `size` leaves of what `tiles` reads.
    package init<Failure>(
        index: UInt64, size: UInt64, tiles: inout TileReader<Failure>
    ) throws(Failure) {
        precondition(index < size && size <= tiles.size, "no such leaf in a tree of that size")
        var path: [TreeHash] = []
        var range = 0..<size
        while range.upperBound - range.lowerBound > 1 {
            let middle = range.lowerBound + largestPowerOfTwo(below: range.upperBound - range.lowerBound)
            if index < middle {
                path.append(try tiles.root(of: middle..<range.upperBound))
                range = range.lowerBound..<middle
            } else {
                path.append(try tiles.root(of: range.lowerBound..<middle))
                range = middle..<range.upperBound
            }
        }
        self.init(index: index, size: size, path: path.reversed())
    }

    /// Whether the leaf is in the tree with this root (RFC 9162, 2.1.3.2).
    package func proves(_ leafHash: TreeHash, in root: TreeHash) -> Bool {
        guard index < size else { return false }
        var node = index
        var last = size - 1
        var hash = leafHash
        for sibling in path {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                hash = .node(sibling, hash)
                while node & 1 == 0 && node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = .node(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }
}

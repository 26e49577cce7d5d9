// SPDX-License-Identifier: Apache-2.0

/// That a tree is the beginning of a larger one (RFC 6962, 2.1.2).
package struct ConsistencyProof: Sendable, Hashable {
    package var oldSize: UInt64
    package var newSize: UInt64
    /// The nodes in the order of RFC 6962; empty where either tree is empty or both are of one size.
    package var path: [TreeHash]

    package init(oldSize: UInt64, newSize: UInt64, path: [TreeHash]) {
        self.oldSize = oldSize
        self.newSize = newSize
        self.path = path
    }

    /// Makes the proof out of what `tiles` reads.
    package init<Failure>(
        from oldSize: UInt64, to newSize: UInt64, tiles: inout TileReader<Failure>
    ) throws(Failure) {
        precondition(oldSize <= newSize && newSize <= tiles.size, "the old tree is larger than the new one")
        var path: [TreeHash] = []
        if oldSize > 0, oldSize < newSize {
            var range = 0..<newSize
            // Whether the old tree is a whole subtree so far: then its root is known and left out.
            var isWhole = true
            while oldSize != range.upperBound {
                let middle = range.lowerBound + largestPowerOfTwo(below: range.upperBound - range.lowerBound)
                if oldSize <= middle {
                    path.append(try tiles.root(of: middle..<range.upperBound))
                    range = range.lowerBound..<middle
                } else {
                    path.append(try tiles.root(of: range.lowerBound..<middle))
                    range = middle..<range.upperBound
                    isWhole = false
                }
            }
            if !isWhole {
                path.append(try tiles.root(of: range))
            }
        }
        self.init(oldSize: oldSize, newSize: newSize, path: path.reversed())
    }

    /// Whether the tree with `oldRoot` is the beginning of the one with `newRoot` (RFC 9162, 2.1.4.2).
    package func proves(_ oldRoot: TreeHash, isPrefixOf newRoot: TreeHash) -> Bool {
        if oldSize == newSize { return path.isEmpty && oldRoot == newRoot }
        if oldSize == 0 { return path.isEmpty && oldRoot == .empty }
        guard oldSize < newSize, !path.isEmpty else { return false }
        var siblings = path[...]
        var node = oldSize - 1
        var last = newSize - 1
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        // A power of two is a whole subtree, whose root the proof leaves out.
        var old = oldSize & (oldSize - 1) == 0 ? oldRoot : siblings.removeFirst()
        var new = old
        for sibling in siblings {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                old = .node(sibling, old)
                new = .node(sibling, new)
                while node & 1 == 0 && node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                new = .node(new, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import SystemPackage
import TransparencyLog

/// A log as a C2SP tlog-tiles directory: `checkpoint`, `tile/L/N`, `tile/entries/N`.
///
/// A full tile never changes, so that an export into a directory of an earlier one adds what is new. The checkpoint is
/// written last: until then a reader sees the log that was there before.
struct TileDirectory {
    private let files: TileFiles
    private var tree = MerkleTree()
    /// The entries of the bundle that is not full, each behind its length; nil where a text was pruned.
    private var bundle: [UInt8]? = []

    init(_ directory: String) throws {
        files = TileFiles(directory: directory)
        try files.makeDirectory(directory)
    }

    /// - Parameter entry: nil where the text was pruned: then there is no bundle for it.
    mutating func append(_ hash: TreeHash, entry: UnsafeRawBufferPointer?) throws {
        if let entry, entry.count <= UInt16.max {
            bundle?.append(UInt8(entry.count >> 8))
            bundle?.append(UInt8(entry.count & 0xFF))
            bundle?.append(contentsOf: entry)
        } else {
            bundle = nil
        }
        try tree.append(hash) { [files] in try files.write($0.bytes, to: $0.path) }
        if tree.size.isMultiple(of: UInt64(Tile.width)) { try writeBundle(width: Tile.width) }
    }

    /// Writes the tiles that are not full, and the checkpoint.
    mutating func finish(checkpoint: String) throws {
        for level in tree.edge.indices {
            let index = tree.size >> (Tile.height * (level + 1))
            if let tile = tree.edgeTile(level: level, index: index) { try files.write(tile.bytes, to: tile.path) }
        }
        let rest = Int(tree.size % UInt64(Tile.width))
        if rest > 0 { try writeBundle(width: rest) }
        try files.replace("checkpoint", Array(checkpoint.utf8))
    }

    private mutating func writeBundle(width: Int) throws {
        defer { bundle = [] }
        guard let bundle else { return }
        // Entries lie beside the tiles of level 0, one bundle for each.
        let hashes = [TreeHash](repeating: .empty, count: width)
        let index = (tree.size - 1) / UInt64(Tile.width)
        let path = Tile(level: 0, index: index, hashes: hashes).path
        try files.write(bundle, to: "tile/entries/" + path.dropFirst("tile/0/".count))
    }

}

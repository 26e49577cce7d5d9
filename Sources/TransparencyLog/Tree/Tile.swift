// SPDX-License-Identifier: Apache-2.0

/// A tile of the tree as C2SP tlog-tiles has it: up to 256 hashes that lie beside one another.
///
/// A tile of level 0 holds leaf hashes; one of level L the roots of full tiles of level L − 1.
package struct Tile: Sendable, Hashable {
    /// The number of hashes in a full tile.
    package static let width = 256
    /// The number of levels of the tree, from its own hashes up, that a tile stands for.
    package static let height = 8

    package var level: Int
    /// The position of the tile among those of its level.
    package var index: UInt64
    package var hashes: [TreeHash]

    package init(level: Int, index: UInt64, hashes: [TreeHash]) {
        self.level = level
        self.index = index
        self.hashes = hashes
    }

    package var isFull: Bool { hashes.count == Self.width }

    /// The hashes one after the other, as a tile is stored and published.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hashes.count * TreeHash.byteCount)
        for hash in hashes {
            hash.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// The same in base 64.
    package var hashesInBase64: String { Base64.encode(bytes) }

    /// Nil unless the bytes are 1 to 256 whole hashes.
    package static func hashes(in bytes: [UInt8]) -> [TreeHash]? {
        guard !bytes.isEmpty, bytes.count.isMultiple(of: TreeHash.byteCount),
            bytes.count <= width * TreeHash.byteCount
        else { return nil }
        return stride(from: 0, to: bytes.count, by: TreeHash.byteCount).map { start in
            // The slice has exactly the bytes of a hash, since the count is a multiple.
            TreeHash(bytes[start..<start + TreeHash.byteCount])!
        }
    }

    /// The path of the tile in a tlog-tiles directory, such as `tile/0/x001/234`, with `.p/W` for a partial one.
    package var path: String {
        var groups = [String(index % 1000)]
        var rest = index / 1000
        while rest > 0 {
            groups.append(String(rest % 1000))
            rest /= 1000
        }
        let padded = groups.map { String(repeating: "0", count: 3 - $0.count) + $0 }
        let name = padded.dropFirst().reversed().map { "x\($0)/" }.joined() + padded[0]
        return "tile/\(level)/\(name)" + (isFull ? "" : ".p/\(hashes.count)")
    }
}

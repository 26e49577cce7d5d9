// SPDX-License-Identifier: Apache-2.0

import TransparencyLog

/// The test tree of RFC 6962's reference implementation: eight leaves, their roots, and proofs as published there.
enum TestTree {
    static let leaves: [[UInt8]] = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ].map { Hexadecimal.decode($0)! }  // literals of this file

    /// The root over the first 0, 1, … 8 leaves.
    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ].map { TreeHash(Hexadecimal.decode($0)!)! }  // literals of this file

    static func hashes(_ texts: String...) -> [TreeHash] {
        texts.map { TreeHash(Hexadecimal.decode($0)!)! }  // literals of the tests
    }

    /// A leaf of the larger trees of these tests.
    static func leafHash(_ index: Int) -> TreeHash {
        .leaf(Array("record \(index)".utf8))
    }

    static func leafHashes(_ count: Int) -> [TreeHash] {
        (0..<count).map(leafHash)
    }

    /// `MTH` as RFC 6962, 2.1 defines it, word by word.
    static func root(of leaves: ArraySlice<TreeHash>) -> TreeHash {
        switch leaves.count {
        case 0: return .empty
        case 1: return leaves[leaves.startIndex]
        default:
            var split = 1
            while split * 2 < leaves.count { split *= 2 }
            return .node(root(of: leaves.prefix(split)), root(of: leaves.dropFirst(split)))
        }
    }
}

/// The tiles of a tree as something outside of it keeps them.
struct TileStore {
    struct Name: Hashable {
        var level: Int
        var index: UInt64
    }

    var tree = MerkleTree()
    var tiles: [Name: [TreeHash]] = [:]

    mutating func append(_ hash: TreeHash) {
        tree.append(hash) { tile in tiles[Name(level: tile.level, index: tile.index)] = tile.hashes }
    }

    /// Reads full tiles from what was completed, the others from the edge.
    var reader: TileReader<Never> {
        TileReader(size: tree.size) { level, index, _ in
            tiles[Name(level: level, index: index)] ?? tree.edgeTile(level: level, index: index)?.hashes ?? []
        }
    }
}

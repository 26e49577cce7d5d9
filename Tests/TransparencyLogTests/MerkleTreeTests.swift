// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog
import VaultTestKit

@Suite struct MerkleTreeTests {
    @Test("The roots of the test tree of RFC 6962 come out, at each size")
    func publishedRoots() {
        var tree = MerkleTree()
        #expect(tree.root == TestTree.roots[0])
        for (index, leaf) in TestTree.leaves.enumerated() {
            tree.append(.leaf(leaf))
            #expect(tree.size == UInt64(index + 1))
            #expect(tree.root == TestTree.roots[index + 1])
        }
    }

    @Test("The root is that of the definition", arguments: [1, 2, 3, 100, 255, 256, 257, 1000, 1023, 1024, 1025])
    func definition(size: Int) {
        var tree = MerkleTree()
        let leaves = TestTree.leafHashes(size)
        for leaf in leaves { tree.append(leaf) }
        #expect(tree.root == TestTree.root(of: leaves[...]))
        #expect(TreeHash.root(of: leaves[...]) == tree.root)
    }

    @Test("A tile is handed over once it has 256 hashes, each level in its turn")
    func tiles() {
        var store = TileStore()
        let leaves = TestTree.leafHashes(65536 + 300)
        for leaf in leaves { store.append(leaf) }
        #expect(store.tiles.count == 256 + 1 + 1)
        #expect(store.tiles[.init(level: 0, index: 0)] == Array(leaves[..<256]))
        #expect(store.tiles[.init(level: 0, index: 256)] == Array(leaves[65536..<65792]))
        let upper = store.tiles[.init(level: 1, index: 0)]
        #expect(upper?.count == 256)
        #expect(upper?[3] == TestTree.root(of: leaves[768..<1024]))
        #expect(store.tree.edgeTile(level: 0, index: 257)?.hashes == Array(leaves[65792...]))
        #expect(store.tree.edgeTile(level: 2, index: 0)?.hashes == [TestTree.root(of: leaves[..<65536])])
        #expect(store.tree.edgeTile(level: 0, index: 256) == nil)
    }

    @Test(
        "The right edge is rebuilt from tiles and the last leaves",
        arguments: [0, 1, 255, 256, 257, 511, 512, 4096, 65535, 65536, 65537, 66000])
    func rebuild(size: Int) throws {
        var store = TileStore()
        let leaves = TestTree.leafHashes(size)
        for leaf in leaves { store.append(leaf) }
        var rebuilt = try MerkleTree(size: UInt64(size), lastLeaves: Array(leaves.suffix(size % 256))) { level, index in
            try #require(store.tiles[.init(level: level, index: index)])
        }
        #expect(rebuilt.root == store.tree.root)

        // It goes on as the other does, with the same tiles.
        var tiles: [Tile] = []
        var others: [Tile] = []
        for index in size..<size + 600 {
            rebuilt.append(TestTree.leafHash(index)) { tiles.append($0) }
            store.tree.append(TestTree.leafHash(index)) { others.append($0) }
        }
        #expect(rebuilt.root == store.tree.root)
        #expect(tiles == others)
        #expect(rebuilt.edge == store.tree.edge)
    }

    @Test("A tile that is edited changes the rebuilt root")
    func editedTile() {
        var store = TileStore()
        for leaf in TestTree.leafHashes(700) { store.append(leaf) }
        let rebuilt = MerkleTree(size: 700, lastLeaves: store.tree.edge[0]) { level, index in
            var hashes = store.tiles[.init(level: level, index: index)] ?? []
            if index == 1 { hashes[17] = .empty }
            return hashes
        }
        #expect(rebuilt.root != store.tree.root)
    }

    @Test("Tiles have the paths of C2SP tlog-tiles")
    func paths() {
        let full = TestTree.leafHashes(256)
        #expect(Tile(level: 0, index: 0, hashes: full).path == "tile/0/000")
        #expect(Tile(level: 1, index: 1_234_067, hashes: full).path == "tile/1/x001/x234/067")
        #expect(Tile(level: 0, index: 273, hashes: Array(full[..<112])).path == "tile/0/273.p/112")
    }

    @Test("A tile's bytes are whole hashes")
    func bytes() {
        let tile = Tile(level: 0, index: 0, hashes: TestTree.leafHashes(256))
        #expect(tile.bytes.count == 8192)
        #expect(Tile.hashes(in: tile.bytes) == tile.hashes)
        #expect(Tile.hashes(in: Array(tile.bytes.dropLast())) == nil)
        #expect(Tile.hashes(in: tile.bytes + tile.bytes) == nil)
        #expect(Tile.hashes(in: []) == nil)
    }
}

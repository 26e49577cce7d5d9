// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog
import VaultTestKit

@Suite struct InclusionProofTests {
    private static func testStore() -> TileStore {
        var store = TileStore()
        for leaf in TestTree.leaves { store.append(.leaf(leaf)) }
        return store
    }

    @Test("The published proofs of the test tree come out")
    func publishedProofs() {
        var reader = Self.testStore().reader
        let published: [(index: UInt64, size: UInt64, path: [TreeHash])] = [
            (0, 1, []),
            (
                0, 8,
                TestTree.hashes(
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")
            ),
            (
                5, 8,
                TestTree.hashes(
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")
            ),
            (
                2, 3,
                TestTree.hashes("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")
            ),
            (
                1, 5,
                TestTree.hashes(
                    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")
            ),
        ]
        for (index, size, path) in published {
            let proof = InclusionProof(index: index, size: size, tiles: &reader)
            #expect(proof.path == path)
            #expect(proof.proves(.leaf(TestTree.leaves[Int(index)]), in: TestTree.roots[Int(size)]))
        }
    }

    @Test("Each leaf of each tree of up to 40 is proven, and nothing else is")
    func everySmallTree() {
        var store = TileStore()
        let leaves = TestTree.leafHashes(40)
        for leaf in leaves { store.append(leaf) }
        var reader = store.reader
        for size in 1...40 {
            let root = TestTree.root(of: leaves[..<size])
            for index in 0..<size {
                let proof = InclusionProof(index: UInt64(index), size: UInt64(size), tiles: &reader)
                #expect(proof.proves(leaves[index], in: root))
                #expect(!proof.proves(.empty, in: root))
                #expect(!proof.proves(leaves[index], in: .empty))
                for other in 0..<size where other != index {
                    let moved = InclusionProof(index: UInt64(other), size: UInt64(size), path: proof.path)
                    #expect(!moved.proves(leaves[index], in: root))
                }
                let longer = InclusionProof(index: UInt64(index), size: UInt64(size), path: proof.path + [.empty])
                #expect(!longer.proves(leaves[index], in: root))
                if !proof.path.isEmpty {
                    let shorter = InclusionProof(
                        index: UInt64(index), size: UInt64(size), path: proof.path.dropLast())
                    #expect(!shorter.proves(leaves[index], in: root))
                }
            }
        }
    }

    @Test("Leaves of a tree with several levels of tiles are proven, at sizes before the last")
    func largeTree() {
        var store = TileStore()
        let leaves = TestTree.leafHashes(66_000)
        for leaf in leaves { store.append(leaf) }
        var reader = store.reader
        var generator = Seed().generator
        for size in [65_535, 65_536, 65_537, 66_000] {
            let root = reader.root(of: 0..<UInt64(size))
            #expect(root == TestTree.root(of: leaves[..<size]))
            for _ in 0..<20 {
                let index = Int.random(in: 0..<size, using: &generator)
                let proof = InclusionProof(index: UInt64(index), size: UInt64(size), tiles: &reader)
                #expect(proof.proves(leaves[index], in: root))
            }
        }
    }

    @Test("An index beyond the tree proves nothing")
    func beyond() {
        #expect(!InclusionProof(index: 1, size: 1, path: []).proves(.empty, in: .empty))
        #expect(!InclusionProof(index: 0, size: 0, path: []).proves(.empty, in: .empty))
    }
}

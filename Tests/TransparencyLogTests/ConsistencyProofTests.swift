// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog
import VaultTestKit

@Suite struct ConsistencyProofTests {
    @Test("The published proofs of the test tree come out")
    func publishedProofs() {
        var store = TileStore()
        for leaf in TestTree.leaves { store.append(.leaf(leaf)) }
        var reader = store.reader
        let published: [(old: UInt64, new: UInt64, path: [TreeHash])] = [
            (1, 1, []),
            (
                1, 8,
                TestTree.hashes(
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")
            ),
            (
                6, 8,
                TestTree.hashes(
                    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")
            ),
            (
                2, 5,
                TestTree.hashes(
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")
            ),
        ]
        for (old, new, path) in published {
            let proof = ConsistencyProof(from: old, to: new, tiles: &reader)
            #expect(proof.path == path)
            #expect(proof.proves(TestTree.roots[Int(old)], isPrefixOf: TestTree.roots[Int(new)]))
        }
    }

    @Test("Each tree of up to 40 leaves is proven to begin each larger one, and no other is")
    func everySmallTree() {
        var store = TileStore()
        let leaves = TestTree.leafHashes(40)
        for leaf in leaves { store.append(leaf) }
        var reader = store.reader
        let roots = (0...40).map { TestTree.root(of: leaves[..<$0]) }
        for new in 0...40 {
            for old in 0...new {
                let proof = ConsistencyProof(from: UInt64(old), to: UInt64(new), tiles: &reader)
                #expect(proof.proves(roots[old], isPrefixOf: roots[new]))
                guard old > 0 else { continue }
                #expect(!proof.proves(.leaf([1]), isPrefixOf: roots[new]))
                if old < new { #expect(!proof.proves(roots[old], isPrefixOf: .leaf([1]))) }
                let longer = ConsistencyProof(
                    oldSize: UInt64(old), newSize: UInt64(new), path: proof.path + [.empty])
                #expect(!longer.proves(roots[old], isPrefixOf: roots[new]))
                if !proof.path.isEmpty {
                    let shorter = ConsistencyProof(
                        oldSize: UInt64(old), newSize: UInt64(new), path: proof.path.dropLast())
                    #expect(!shorter.proves(roots[old], isPrefixOf: roots[new]))
                }
            }
        }
    }

    @Test("A larger tree does not begin a smaller one")
    func backwards() {
        let proof = ConsistencyProof(oldSize: 5, newSize: 2, path: [.empty])
        #expect(!proof.proves(TestTree.roots[5], isPrefixOf: TestTree.roots[2]))
    }

    @Test("The empty tree begins every tree, with its own root and no path")
    func emptyTree() {
        let proof = ConsistencyProof(oldSize: 0, newSize: 8, path: [])
        #expect(proof.proves(.empty, isPrefixOf: TestTree.roots[8]))
        #expect(!proof.proves(TestTree.roots[1], isPrefixOf: TestTree.roots[8]))
    }
}

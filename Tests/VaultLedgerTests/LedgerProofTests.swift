// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog
import VaultLedger
import VaultTestKit

@Suite struct LedgerProofTests {
    @Test("A live ledger proves its records and its growth, at sizes that are no longer its own")
    func proofs() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        var sizes: [UInt64] = [0]
        var roots: [TreeHash] = [.empty]
        for count in [1, 200, 55, 1, 300, 4000, 61_000, 700] {
            let tree = try await ledger.commit(TestRecords.plain(from: sizes[sizes.count - 1], count: count))
            sizes.append(tree.size)
            roots.append(try #require(TreeHash(tree.root)))
        }
        let reader = ledger.makeReader()
        var generator = Seed().generator
        for (size, root) in zip(sizes, roots) {
            #expect(try await reader.root(at: size) == root)
            guard size > 0 else { continue }
            for _ in 0..<5 {
                let index = UInt64.random(in: 0..<size, using: &generator)
                let proof = try #require(try await reader.inclusionProof(of: index, in: size))
                #expect(proof.proves(.leaf(TestRecords.plain(index)), in: root))
            }
        }
        for (old, new) in zip(sizes.indices, sizes.indices.dropFirst()) {
            let proof = try #require(try await reader.consistencyProof(from: sizes[old], to: sizes[new]))
            #expect(proof.proves(roots[old], isPrefixOf: roots[new]))
        }
        let size = sizes[sizes.count - 1]
        #expect(try await reader.root(at: size + 1) == nil)
        #expect(try await reader.inclusionProof(of: size, in: size) == nil)
        #expect(try await reader.consistencyProof(from: 2, to: 1) == nil)
        #expect(try await reader.consistencyProof(from: 2, to: size + 1) == nil)
        await ledger.close()
    }
}

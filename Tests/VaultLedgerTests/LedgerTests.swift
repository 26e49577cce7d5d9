// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import TransparencyLog
import VaultLedger
import VaultTestKit

@Suite struct LedgerTests {
    @Test("What was committed is there when the ledger is opened again, with the same root")
    func commitAndOpenAgain() async throws {
        let directory = try TemporaryDirectory()
        let (ledger, empty) = try Ledger.open(directory: directory.path("state"))
        #expect(empty.size == 0)
        #expect(empty.root == TreeHash.empty.bytes)
        #expect(empty.bootstrapNeeded)
        var tree = MerkleTree()
        var committed = TreeState(size: 0, root: [])
        for count in [1, 3, 252, 1, 300] {
            let batch = TestRecords.grants(from: tree.size, count: count)
            for leaf in batch.leaves { tree.append(.leaf(leaf)) }
            committed = try await ledger.commit(batch)
            #expect(committed == TreeState(size: tree.size, root: tree.root.bytes))
        }
        await ledger.close()

        let (again, state) = try Ledger.open(directory: directory.path("state"))
        #expect(state.size == committed.size)
        #expect(state.root == committed.root)
        #expect(state.unacknowledged.isEmpty)
        #expect(state.undelivered == Array(0..<557))
        let next = try await again.commit(TestRecords.grants(from: 557, count: 1))
        #expect(next.size == 558)
        await again.close()
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultLedger
import VaultTestKit

@Suite(.serialized) struct LedgerCrashTests {
    @Test(
        "Whatever was acknowledged is there after the process is killed, and all of it verifies",
        arguments: [1, 7, 300])
    func killed(rows: Int) async throws {
        let files = try OpenedLedger()
        var generator = Seed().generator
        var acknowledged: UInt64 = 0
        for _ in 0..<Soak.count(4, full: 1000) {
            let time = Duration.milliseconds(Int.random(in: 5...120, using: &generator))
            acknowledged = max(acknowledged, try await Exerciser.killed(files.state, rows: rows, after: time))
            let (ledger, state) = try await files.open()
            #expect(state.size >= acknowledged)
            #expect(state.size.isMultiple(of: UInt64(rows)), "a transaction is there whole or not at all")
            await ledger.close()
            let report = try await files.verify()
            #expect(report.damage == [])
            #expect(report.root == state.root)
        }
        #expect(acknowledged > 0)
    }

    @Test("The lock goes with a killed process, and the WAL it left is emptied before the next commit")
    func lockAfterKill() async throws {
        let files = try OpenedLedger()
        let size = try await Exerciser.killed(files.state, rows: 5, after: .milliseconds(20))
        let (ledger, state) = try await files.open()
        #expect(state.size >= size)
        #expect(files.walSize == 0)
        await ledger.close()
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Records
import SystemPackage
import Testing
import VaultLedger
import VaultTestKit

/// Bytes of the database that a disk or somebody changed: verifying and opening it end in a verdict or a refusal. A trap would
/// end the process of the tests.
@Suite struct DamagedBytesTests {
    private static let extremes: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF]

    @Test("A database with a few changed bytes, anywhere, is verified and opened, or refused")
    func anywhere() async throws {
        var generator = Seed().generator
        let files = try OpenedLedger()
        try await files.fill(to: 300)
        let good = try OwnedDescriptor.open(files.database).readAll()
        for _ in 0..<Soak.count(60, full: 20_000) {
            var bytes = good
            for _ in 0..<(1 << Int.random(in: 0..<6, using: &generator)) {
                var place = Int.random(in: bytes.indices, using: &generator)
                // Most of a page is empty, and is looked at by nobody.
                for _ in 0..<20 where bytes[place] == 0 {
                    place = Int.random(in: bytes.indices, using: &generator)
                }
                let any = UInt8.random(in: 0...255, using: &generator)
                bytes[place] = Self.extremes.randomElement(using: &generator) ?? any
                if Bool.random(using: &generator) { bytes[place] = any }
            }
            try await look(at: bytes)
        }
    }

    /// As `audit verify` does, and as a daemon at its start.
    private func look(at bytes: [UInt8]) async throws {
        let damaged = try OpenedLedger()
        #expect(mkdir(damaged.state.string, 0o700) == 0)
        try OwnedDescriptor.open(damaged.database, flags: O_WRONLY | O_CREAT).writeAll(bytes.span)
        do {
            _ = try await damaged.verify()
        } catch {
            #expect(error is LedgerError, "\(error)")
        }
        do {
            let (ledger, _) = try await damaged.open()
            await ledger.close()
        } catch {
            #expect(error is LedgerError, "\(error)")
        }
    }
}

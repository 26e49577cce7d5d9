// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import TransparencyLog
import VaultTestKit

@Suite struct MutatedRecordsTests {
    @Test("Whatever becomes of a record in the database, it is read as far as it can be, and scanned as it is read")
    func mutated() throws {
        let seed = Seed()
        var random = seed.generator
        let texts = GoldenRecords.all.enumerated().map { GoldenRecords.text(UInt64($0), $1.record) }
        var read = 0
        for _ in 0..<Soak.count(2_000, full: 200_000) {
            guard let text = texts.randomElement(using: &random) else { return }
            let bytes = text.mutated(with: "\"\\{}[],:0-eu \u{1}", using: &random)
            let stored = StoredRecord(reading: bytes)
            bytes.withUnsafeBytes { leaf in
                _ = RecordType(leaf: leaf)
                _ = PolicyStamp(leaf: leaf)
                _ = LeafPrefix.index(of: leaf)
                _ = RecordFields(leaf)
                _ = RecordFields(reading: leaf)
            }
            _ = stored.peer?.identity
            guard let record = Record(stored) else { continue }
            read += 1
            #expect(!GoldenRecords.text(0, record).isEmpty, "\(seed)")
        }
        #expect(read > 100)
    }
}

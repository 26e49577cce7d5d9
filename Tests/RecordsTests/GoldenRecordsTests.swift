// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import SystemPackage
import Testing

@Suite struct GoldenRecordsTests {
    /// A line for each: its name, a tab, its bytes.
    static func lines() throws -> [(name: String, text: String)] {
        let path = FilePath(#filePath).removingLastComponent().appending("Golden/records.txt")
        let text = String(decoding: try OwnedDescriptor.open(path).readAll(limit: 1 << 20), as: UTF8.self)
        return text.split(separator: "\n").map { line in
            let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
            return (parts[0], parts[1])
        }
    }

    @Test("Each kind has the bytes that it always had")
    func bytes() throws {
        let lines = try Self.lines()
        #expect(lines.map(\.name) == GoldenRecords.all.map(\.name))
        for (index, (golden, line)) in zip(GoldenRecords.all, lines).enumerated() {
            let text = String(decoding: GoldenRecords.text(UInt64(index), golden.record), as: UTF8.self)
            #expect(text == line.text, "\(golden.name)")
        }
        #expect(Set(GoldenRecords.all.map(\.record.type)) == Set(RecordType.allCases))
    }
}

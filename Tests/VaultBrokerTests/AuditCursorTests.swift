// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog

@testable import VaultBroker

@Suite struct AuditCursorTests {
    @Test(
        "A place in a log is read as it is written, and nothing else is one",
        arguments: [
            "", "i", "i:", ":0", "i:0:", "i:0:00000000", "i:1", "i:-1:00000000", "i:+1:00000000", "i:01:00000000",
            "i:00", "i:18446744073709551616:00000000", "i:x:00000000", "i:1:2:3", "j:1:00000000", "I:1:00000000",
            "i:1\u{301}:00000000", "i:\u{661}:00000000", " i:0", "i:0\n", "i:1e3:00000000", "i:0x1:00000000",
        ])
    func refused(text: String) {
        #expect(AuditCursor(text) == nil)
    }

    @Test("from the first record to the highest number", arguments: [0, 1, UInt64(Int64.max), 1 << 63, .max])
    func readBack(index: UInt64) throws {
        let cursor = AuditCursor(index: index, before: index == 0 ? nil : TreeHash.leaf([1]))
        #expect(AuditCursor(cursor.text) == cursor)
        #expect(cursor.follows(.leaf([1])) == (index > 0) && !cursor.follows(.leaf([2])))
    }
}

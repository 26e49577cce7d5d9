// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@Suite("Capability names")
struct CapabilityNameTests {
    @Test(
        "are segments of letters, digits and . _ - @ +, joined by slashes",
        arguments: [
            "a", "logs/web/access", "A-Z/a_z/0.9", "x@1.service/+", "...", "a/.b", String(repeating: "n", count: 255),
        ])
    func accepted(text: String) throws {
        #expect(try CapabilityName(text).text == text)
    }

    @Test(
        "cannot be anything else",
        arguments: [
            "", "/", "a/", "/a", "a//b", ".", "..", "a/.", "a/../b", "a b", "a*", "ä", "a\n", "a\0b", "a:b",
            String(repeating: "n", count: 256),
        ])
    func refused(text: String) {
        #expect(throws: InvalidText.self) { try CapabilityName(text) }
    }

    @Test("are case-sensitive and ordered by their text")
    func order() throws {
        #expect(try CapabilityName("a") != CapabilityName("A"))
        #expect(
            try [CapabilityName("b"), CapabilityName("a/c"), CapabilityName("a")].sorted().map(\.text) == [
                "a", "a/c", "b",
            ])
    }
}

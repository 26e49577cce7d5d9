// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@Suite("Patterns of texts")
struct TextPatternTests {
    @Test(
        "match paths, units and labels; a '*' does not cross a slash",
        arguments: [
            ("/usr/bin/cat", "/usr/bin/cat", true), ("/usr/bin/*", "/usr/bin/cat", true),
            ("/usr/*", "/usr/bin/cat", false), ("/usr/**", "/usr/bin/cat", true), ("/usr/**", "/usr", true),
            ("**/cat", "/usr/bin/cat", true), ("worker@*.service", "worker@1.service", true),
            ("worker@*.service", "worker@.service", true), ("worker@*.service", "worker.service", false),
            ("system_u:*:s0", "system_u:system_r:httpd_t:s0", true), ("a", "", false), ("*", "", true),
            ("/system.slice/**", "/system.slice/x.service/y", true), ("/system.slice/**", "/user.slice", false),
        ])
    func matching(pattern: String, text: String, expected: Bool) throws {
        #expect(try TextPattern(pattern).matches(text) == expected)
    }

    @Test("A pattern with many stars answers soon, whatever the text")
    func bounded() throws {
        let pattern = try TextPattern(String(repeating: "*a", count: 60) + "b")
        let clock = ContinuousClock()
        let start = clock.now
        #expect(!pattern.matches(String(repeating: "a", count: 4096)))
        #expect(clock.now - start < .seconds(2))
    }

    @Test("Two texts that look the same and have other bytes are two")
    func bytes() throws {
        let composed = "/opt/\u{e9}"
        let decomposed = "/opt/e\u{301}"
        #expect(composed == decomposed)
        #expect(try TextPattern(composed).matches(composed))
        #expect(try !TextPattern(composed).matches(decomposed))
    }

    @Test("cannot be empty, longer than a path, or hold control characters")
    func refused() {
        for text in ["", "a\n", "\u{7f}", "a/**b", String(repeating: "x", count: 4097)] {
            #expect(throws: InvalidText.self) { try TextPattern(text) }
        }
    }
}

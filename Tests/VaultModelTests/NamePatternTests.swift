// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@Suite("Name patterns")
struct NamePatternTests {
    @Test(
        "'*' is one segment or a part of one, '**' any number of segments",
        arguments: [
            ("logs/web", "logs/web", true), ("logs/web", "logs/webs", false), ("logs/*", "logs/web", true),
            ("logs/*", "logs", false), ("logs/*", "logs/web/access", false), ("*", "logs", true), ("*", "a/b", false),
            ("**", "logs", true), ("**", "a/b/c", true), ("logs/**", "logs", true), ("logs/**", "logs/a/b", true),
            ("logs/**", "logsx", false), ("**/access", "access", true), ("**/access", "logs/web/access", true),
            ("**/access", "logs/web/error", false), ("a/**/d", "a/d", true), ("a/**/d", "a/b/c/d", true),
            ("a/**/d", "a/b/c", false), ("a/**/c/**/e", "a/b/c/d/e", true), ("a/**/c/**/e", "a/e", false),
            ("job-*", "job-1", true), ("job-*", "job-", true), ("job-*", "job", false), ("*-log", "a-b-log", true),
            ("a*b*c", "aXbXbc", true), ("a*b*c", "aXcXb", false), ("**/*/x", "x", false), ("**/*/x", "y/x", true),
            ("**/**", "a", true), ("a/**/**", "a", true), ("a*/b*", "ax/by", true), ("a*/b*", "ax/y", false),
        ])
    func matching(pattern: String, name: String, expected: Bool) throws {
        #expect(try NamePattern(pattern).matches(CapabilityName(name)) == expected)
    }

    @Test("A text that is no pattern is refused", arguments: ["", "/a", "a/", "a//b", "a/../b", "a/**b", "a b", "a?"])
    func refused(text: String) {
        #expect(throws: InvalidText.self) { try NamePattern(text) }
    }

    @Test("A pattern made from a name matches that name only")
    func ofName() throws {
        let pattern = NamePattern(try CapabilityName("logs/web"))
        #expect(pattern.isLiteral)
        #expect(try pattern.matches(CapabilityName("logs/web")))
        #expect(try !pattern.matches(CapabilityName("logs/webs")))
    }
}

// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import Testing

@testable import vault

@Suite("Escaping what comes from clients and files")
struct EscapedTextTests {
    @Test(
        "what a terminal would act on is shown, not done",
        arguments: [
            ("plain", "plain"), ("naïve 日本", "naïve 日本"), ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1B}[31mred", "\\x1b[31mred"), ("\u{0}\u{7F}", "\\x00\\x7f"), ("\u{9B}31m", "\\x9b31m"),
            ("abc\u{202E}cba", "abc\\u{202e}cba"), ("\u{2028}", "\\u{2028}"), ("C:\\x", "C:\\\\x"),
            ("\u{200B}", "\\u{200b}"), ("e\u{301}", "e\u{301}"),
        ])
    func escapes(text: String, shown: String) {
        #expect(text.escaped == shown)
    }

    @Test("no text comes out with a control character in it")
    func leavesNothing() {
        let everything = String(String.UnicodeScalarView((0...0x10FFFF).compactMap(Unicode.Scalar.init)))
        let left = everything.escaped.unicodeScalars.count { $0.isCommand }
        #expect(left == 0)
    }

    @Test("JSON for a terminal says the same with escapes, and in a pipe keeps its bytes")
    func showsJSON() {
        let json = [UInt8](#"{"a":"\#u{9B}x\#u{202E}","b":"é"}"#.utf8)
        #expect(JSONOutput.shown(json, isTerminal: true) == #"{"a":"\u009bx\u202e","b":"é"}"#)
        #expect([UInt8](JSONOutput.shown(json, isTerminal: false).utf8) == json)
    }

    @Test("a failure is two lines, whatever is in it")
    func failureHasTwoLines() {
        let failure = Failure(.refused, "a\nb: not permitted", next: "vault audit show 17\nrm -rf /")
        let text = failure.text(verb: "cat")
        #expect(text == "vault: cat: a\\nb: not permitted\nTry: vault audit show 17\\nrm -rf /\n")
    }
}

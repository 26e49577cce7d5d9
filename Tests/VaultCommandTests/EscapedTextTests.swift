// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import Testing
import VaultTestKit

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
            ("\u{2066}\u{2069}\u{200E}", "\\u{2066}\\u{2069}\\u{200e}"), ("\u{2029}\u{85}", "\\u{2029}\\x85"),
            ("\u{FEFF}\u{3164}\u{FE0F}", "\\u{feff}\\u{3164}\\u{fe0f}"), ("a\u{E0041}", "a\\u{e0041}"),
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

    @Test("what is longer than a limit is cut between two scalars, escapes included, and says so")
    func cuts() {
        #expect("abcdef".escaped(limit: 6) == "abcdef")
        #expect("abcdef".escaped(limit: 5) == "abcde…")
        #expect("ab\u{1B}cd".escaped(limit: 6) == "ab\\x1b…")
        #expect("ab\u{1B}cd".escaped(limit: 5) == "ab…")
        #expect("aéé".escaped(limit: 4) == "aé…")
        #expect("aéé".cut(to: 4) == "aé…")
        #expect("aé\n".cut(to: 4) == "aé\n")
        #expect("é".cut(to: 0) == "…")
        // A character of many scalars is cut too.
        let long = "e" + String(repeating: "\u{301}", count: 1000)
        #expect(long.cut(to: 101).utf8.count == 104)
        #expect(long.escaped(limit: 101).utf8.count == 104)
    }

    @Test("what is cut away costs nothing")
    func cutsSoon() {
        let ratio = growth(
            at: 200_000, input: { "\u{1B}" + String(repeating: "x", count: $0) },
            work: { text in
                for _ in 0..<100 { _ = text.escaped(limit: 1000) }
            })
        #expect(ratio < 3)
    }

    @Test("a value of CSV is quoted for the commas and quotes that a reader sees, whatever combines with them")
    func quotesCSV() {
        #expect(CSVLine.quoted("a b") == "a b")
        #expect(CSVLine.quoted("a,b") == "\"a,b\"")
        #expect(CSVLine.quoted("a,\u{301}b") == "\"a,\u{301}b\"")
        #expect(CSVLine.quoted("a\"b") == "\"a\"\"b\"")
        #expect(CSVLine.quoted("a\"\u{301},b") == "\"a\"\"\u{301},b\"")
        #expect(CSVLine.quoted("=1") == "'=1")
        #expect(CSVLine.quoted("=\u{301}1") == "'=\u{301}1")
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

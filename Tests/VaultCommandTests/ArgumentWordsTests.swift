// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

@testable import vault

@Suite("Words in braces within arguments")
struct ArgumentWordsTests {
    private func replaced(_ argument: String, _ texts: (word: String, text: String)...) -> String {
        String(decoding: ArgumentWords.replaced(Array(argument.utf8), texts), as: UTF8.self)
    }

    @Test("a text takes the place of its word, everywhere, and of nothing else")
    func replaces() {
        #expect(replaced("{a}", ("a", "/dev/fd/3")) == "/dev/fd/3")
        #expect(replaced("--key={a/b},{a/b};x", ("a/b", "P")) == "--key=P,P;x")
        #expect(replaced("{a}{b}", ("a", "1"), ("b", "2")) == "12")
        for argument in ["{}", "{ print }", "{print}", "{{a", "{a", "a}", "${A}", "{a }", "{b}", "{a/b}", "", "{aa}"] {
            #expect(replaced(argument, ("a", "P")) == argument)
        }
        #expect(replaced("{{a}}", ("a", "P")) == "{P}")
    }

    @Test("what took a word's place is not looked at again")
    func onlyOnce() {
        #expect(replaced("{a}{b}", ("a", "{b}"), ("b", "{a}")) == "{b}{a}")
        #expect(replaced("{{a}b}", ("a", ""), ("b", "P")) == "{b}")
    }

    @Test("bytes that are not UTF-8 stay what they are")
    func keepsBytes() {
        #expect(ArgumentWords.replaced([0xFF, 0x7B, 0x61, 0x7D, 0xFE], [("a", "P")]) == [0xFF, 0x50, 0xFE])
        // A mark that combines with the brace makes another character of it, and leaves the byte.
        #expect(replaced("{a}\u{301}", ("a", "P")) == "P\u{301}")
    }

    @Test("a word that is in no argument is found")
    func missing() {
        #expect(ArgumentWords.missing(["a", "b"], in: ["x{a}y", "{b}"]) == nil)
        #expect(ArgumentWords.missing(["a", "b"], in: ["{a}", "b", "{ b}"]) == "b")
        #expect(ArgumentWords.missing(["a"], in: []) == "a")
    }
}

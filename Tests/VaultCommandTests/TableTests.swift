// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TerminalKit

@Suite("Tables and fields")
struct TableTests {
    @Test("columns are as wide as their widest cell, and no line ends with spaces")
    func aligns() {
        var table = Table("NAME", .right("N"), "STATE")
        table.add([.init("logs/web/access"), .init("7"), .init("ready")])
        table.add([.init("x"), .init("1234"), .init("")])
        #expect(
            table.take(colours: false) == """
                NAME                N  STATE
                logs/web/access     7  ready
                x                1234

                """)
    }

    @Test("a second page has no titles, and columns do not get narrower")
    func pages() {
        var table = Table("A", "B")
        table.add([.init("long value"), .init("1")])
        #expect(table.take(colours: false) == "A           B\nlong value  1\n")
        table.add([.init("x"), .init("2")])
        #expect(table.take(colours: false) == "x           2\n")
        #expect(table.take(colours: false) == "")
    }

    @Test("without rows there are no titles")
    func empty() {
        var table = Table("A")
        #expect(table.take(colours: true) == "")
    }

    @Test("colours surround the text and not the padding; the text itself cannot bring its own")
    func colours() {
        var table = Table("A", "B")
        table.add([.init("x\u{1B}[0m", .bad), .init("y")])
        let lines = table.take(colours: true).split(separator: "\n")
        #expect(lines[1] == "\u{1B}[31mx\\x1b[0m\u{1B}[0m  y")
        #expect(lines[0] == "\u{1B}[1mA\u{1B}[0m         \u{1B}[1mB\u{1B}[0m")
    }

    @Test("what is wider than the terminal is wrapped between words, the widest column first")
    func wraps() {
        var table = Table("NAME", .right("N"), "WHAT", "STATE")
        table.add([.init("logs/web"), .init("7"), .init("one, two three"), .init("it is not there at all")])
        #expect(
            table.take(colours: false, width: 30) == """
                NAME      N  WHAT     STATE
                logs/web  7  one,     it is
                             two      not
                             three    there
                                      at all

                """)
        // Columns do not get narrower, and where they stand is known from the titles.
        table.add([.init("x"), .init("8"), .init(""), .init("b")])
        #expect(table.take(colours: false, width: 30) == "x         8           b\n")
    }

    @Test("what cannot be wrapped has its last columns on further lines, and no word is cut")
    func folds() {
        var table = Table("NAME", "RULES", "DETAILS")
        table.add([.init("logs/web/access"), .init("a-rule-with-a-long-name,b"), .init("")])
        table.add([.init("x"), .init("r"), .init("d")])
        #expect(
            table.take(colours: false, width: 24) == """
                NAME
                    RULES
                    DETAILS
                logs/web/access
                    a-rule-with-a-long-name,
                    b
                x
                    r
                    d

                """)
        #expect(WrappedText.lines(of: "a b,c  d", width: 2) == ["a", "b,", "c", "d"])
    }

    @Test("every width shows every word, and only a word that is wider makes a line wider")
    func anyWidth() {
        for width in 1...120 {
            var table = Table("A", .right("B"), "C", "D")
            table.add([
                .init("one/two"), .init("12"), .init("some words, and,more"), .init(String(repeating: "x", count: 30)),
            ])
            let text = table.take(colours: false, width: width)
            for word in ["one/two", "12", "words,", "and,", "more", String(repeating: "x", count: 30)] {
                #expect(text.contains(word), "\(width)\n\(text)")
            }
            for line in text.split(separator: "\n") where line.count > max(width, 34) {
                Issue.record("\(width)\n\(text)")
            }
        }
    }

    @Test("fields are aligned, and one without a value is left out")
    func fields() {
        var fields = Fields()
        fields.add("name", "logs")
        fields.add("problem", nil)
        fields.add("revocation", "none")
        #expect(fields.text(colours: false) == "name        logs\nrevocation  none\n")
    }
}

// SPDX-License-Identifier: Apache-2.0

import TerminalKit
import Testing

@testable import vault

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

    @Test("fields are aligned, and one without a value is left out")
    func fields() {
        var fields = Fields()
        fields.add("name", "logs")
        fields.add("problem", nil)
        fields.add("revocation", "none")
        #expect(fields.text(colours: false) == "name        logs\nrevocation  none\n")
    }
}

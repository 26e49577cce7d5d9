// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing

struct JSONWriterTests {
    private func text(_ layout: JSONWriter.Layout = .compact, _ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter(layout)
        body(&writer)
        return String(decoding: writer.finish(), as: UTF8.self)
    }

    private func writeSample(_ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("a", 1)
        writer.member("none", nil as String?)
        writer.key("b")
        writer.beginArray()
        writer.endArray()
        writer.key("dynamic \"key\"")
        writer.beginArray()
        writer.value("x")
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.null()
        writer.bool(true)
        writer.bool(false)
        writer.endArray()
        writer.endArray()
        writer.key("raw")
        writer.raw(Array("{\"y\":1}".utf8))
        writer.member("c", ["d": nil] as JSONValue)
        writer.endObject()
    }

    @Test("Each byte that needs an escape has one, wherever it stands")
    func escapesAnywhere() throws {
        for count in [1, 7, 8, 9, 16, 17, 31] {
            for place in 0..<count {
                for value in 0..<UInt8(0x80) {
                    var text = [UInt8](repeating: UInt8(ascii: "x"), count: count)
                    text[place] = value
                    let string = String(decoding: text, as: UTF8.self)
                    let written = string.jsonBytes()
                    let needsOne = value < 0x20 || value == UInt8(ascii: "\"") || value == UInt8(ascii: "\\")
                    #expect((written.count > count + 2) == needsOne, "\(value) at \(place) of \(count)")
                    #expect(try JSONValue(parsing: written) == .string(string))
                }
            }
        }
        let all = String(repeating: "ä€🔒", count: 5)
        #expect(all.jsonBytes() == [UInt8(ascii: "\"")] + Array(all.utf8) + [UInt8(ascii: "\"")])
    }

    @Test("A string's bytes are written as the string is, also where they are no UTF-8 or too many for one step")
    func writesBytes() throws {
        for count in [0, 1, 9, 479, 480, 481, 2000] {
            for bytes in [[0x22], [0x5C, 0x22, 0x61], [0x61], [0xC3, 0xA9], [0xFF], [0x0A, 0x22]] as [[UInt8]] {
                let text = Array((0..<count).map { bytes[$0 % bytes.count] })
                let string = String(decoding: text, as: UTF8.self)
                let written = self.text { $0.string(text.span) }
                #expect(written == self.text { $0.string(string) })
                #expect(try String(parsing: written) == string)
            }
        }
    }

    @Test("Commas stand between members and elements, and nowhere else")
    func setsCommas() {
        #expect(
            text(.compact, writeSample)
                == #"{"a":1,"b":[],"dynamic \"key\"":["x",{},[null,true,false]],"raw":{"y":1},"c":{"d":null}}"#)
    }

    @Test("Laid out, each member and element has a line of its own")
    func laysOut() {
        #expect(
            text(.indented, writeSample) == #"""
                {
                  "a": 1,
                  "b": [],
                  "dynamic \"key\"": [
                    "x",
                    {},
                    [
                      null,
                      true,
                      false
                    ]
                  ],
                  "raw": {"y":1},
                  "c": {
                    "d": null
                  }
                }
                """#)
    }

    @Test("Values can follow one another, each ended by a byte, as in JSON lines")
    func terminates() {
        let lines = text { writer in
            writer.value(1)
            writer.terminate(with: 0x0A)
            writer.value([2, 3])
            writer.terminate(with: 0x0A)
        }
        #expect(lines == "1\n[2,3]\n")
    }

    @Test("Only what must be escaped is escaped")
    func escapes() throws {
        let all =
            String(String.UnicodeScalarView((0..<0x80).compactMap(Unicode.Scalar.init))) + "\u{E9}\u{2028}\u{1D11E}"
        let written = text { $0.string(all) }
        #expect(
            written.hasPrefix(
                #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010"#))
        #expect(written.contains(##"\u001a\u001b\u001c\u001d\u001e\u001f !\"#"##))
        #expect(written.contains(#"[\\]"#))
        #expect(written.hasSuffix("~\u{7F}\u{E9}\u{2028}\u{1D11E}\""))
        #expect(try String(parsing: written) == all)
        #expect(text { $0.string("") } == "\"\"")
    }

    @Test("Integers are written with all their digits")
    func writesIntegers() {
        let integers: [(String, String)] = [
            (text { $0.integer(Int64.min) }, "-9223372036854775808"),
            (text { $0.integer(Int64.max) }, "9223372036854775807"),
            (text { $0.integer(UInt64.max) }, "18446744073709551615"), (text { $0.integer(0) }, "0"),
            (text { $0.integer(Int8(-10)) }, "-10"), (text { $0.integer(1_795_224_000_123_456) }, "1795224000123456"),
        ]
        for (written, expected) in integers { #expect(written == expected) }
    }

    @Test("Doubles read back as what they were, and what is not finite is null")
    func writesDoubles() throws {
        for value in [
            0.1, -0.0, 1e22, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 100, 1e15, 1e16, 123456.789,
        ] {
            let written = text { $0.double(value) }
            #expect(try Double(parsing: written) == value, "\(written)")
            #expect(try JSONValue(parsing: written) == .double(value), "\(written)")
        }
        for value in [Double.nan, .infinity, -.infinity] { #expect(text { $0.double(value) } == "null") }
    }
}

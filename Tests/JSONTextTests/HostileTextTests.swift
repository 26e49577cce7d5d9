// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultTestKit

/// Texts that make a reader work. Whoever may connect may send one, and everybody else waits meanwhile.
@Suite("Hostile texts")
struct HostileTextTests {
    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// A text of about so many bytes.
        let text: @Sendable (_ size: Int) -> String

        init(_ name: String, _ text: @escaping @Sendable (_ size: Int) -> String) {
            testDescription = name
            self.text = text
        }
    }

    private static func object(_ members: [String]) -> String { "{" + members.joined(separator: ",") + "}" }

    private static func repeated(_ text: String, _ size: Int) -> String {
        String(repeating: text, count: max(1, size / text.utf8.count))
    }

    private static let texts = [
        Hostile("long keys with an escape, then many short ones") { size in
            let long = (0..<24).map { #""\u0061\#($0)\#(repeated("x", size / 50))":0"# }
            return object(long + (0..<size / 16).map { "\"\(String($0, radix: 16))\":0" })
        },
        Hostile("long keys, then many short ones with an escape") { size in
            let long = (0..<24).map { #""a\#($0)\#(repeated("x", size / 50))":0"# }
            return object(long + (0..<size / 24).map { #""\u0061\#($0)":0"# })
        },
        Hostile("many keys that begin alike") { size in
            object((0..<size / 80).map { #""\u0061\#(repeated("x", 50))\#($0)":0"# })
        },
        Hostile("keys of combining marks") { size in
            object((0..<4).map { "\"key\($0)\(repeated("\u{301}\u{316}\u{327}", size / 4))\":\"\"" })
        },
        Hostile("objects with many keys within each other") { size in
            let members = (0..<size / 1200).map { "\"\($0)\":0" }
            return (0..<100).reduce("0") { inner, _ in object(members + ["\"inner\":\(inner)"]) }
        },
        Hostile("deep arrays, again and again") { size in
            let deep = repeated("[", 100) + repeated("]", 100)
            return "[" + Array(repeating: deep, count: max(1, size / 201)).joined(separator: ",") + "]"
        },
        Hostile("a long number") { size in "[1\(repeated("0123456789", size / 2)).5\(repeated("1", size / 2))e-\(size)]"
        },
        Hostile("a long exponent") { size in "[1.5e-\(repeated("9", size))]" },
        Hostile("a long string of escapes") { size in "[\"" + repeated(#"\ud83d\ude00\n\u0000"#, size) + "\"]" },
    ]

    /// Hostile numbers are refused, at their end: that is work too.
    private static func attempt(_ work: () throws -> Void) {
        do { try work() } catch {}
    }

    @Test("reading takes as long as the text, whatever it holds", arguments: texts)
    func reading(_ hostile: Hostile) {
        let ratio = growth(
            at: 60_000, input: { Array(hostile.text($0).utf8) },
            work: { bytes in
                Self.attempt { _ = try JSONValue(parsing: bytes) }
            })
        #expect(ratio < linearGrowth)
    }

    @Test("skipping takes as long as the text, whatever it holds", arguments: texts)
    func skipping(_ hostile: Hostile) {
        let ratio = growth(
            at: 60_000, input: { Array(hostile.text($0).utf8) },
            work: { bytes in
                var reader = JSONReader(bytes)
                Self.attempt { _ = try reader.skipValue() }
            })
        #expect(ratio < linearGrowth)
    }

    @Test("comparing keys with each other and with words takes as long as the keys")
    func comparingKeys() throws {
        let ratio = growth(
            at: 60_000,
            input: { size in
                let marks = String(repeating: "\u{301}\u{316}\u{327}", count: size / 6)
                return (JSONKey("method" + marks + "\u{301}\u{316}"), JSONKey("method" + marks + "\u{316}\u{301}"))
            },
            work: { one, other in
                #expect(one != other && one == one && one != "methodx" && one != "method" && one != "\u{316}")
                #expect(Set([one, other]).count == 2)
            })
        #expect(ratio < linearGrowth)
    }

    @Test("More combining marks in a row than the limit are refused, written as escapes too")
    func marks() {
        let limits = JSONLimits(marksInARow: 3)
        func isRead(_ text: String) -> Bool { (try? JSONValue(parsing: text, limits: limits)) != nil }
        #expect(isRead("[\"e\u{301}\u{301}\u{301}e\u{301}\u{301}\u{301}\"]"))
        #expect(isRead("[\"é日本語👩‍👩‍👧‍👦 प्रति \\n\\u0301\u{301}\u{327}\"]"))
        #expect(!isRead("[\"e\u{301}\u{327}\u{316}\u{301}\"]"))
        #expect(!isRead("[\"e\\u0301\\u0327\\u0316\\u0301\"]"))
        #expect(!isRead("{\"e\u{301}\\u0301\u{301}\\u0301\":1}"))
        #expect((try? JSONValue(parsing: "[\"e\u{301}\u{327}\u{316}\u{301}\"]")) != nil)
    }

    @Test("a dictionary takes as long as the text, whatever its keys are")
    func dictionaries() {
        for text in [
            { size in Self.object((0..<size / 20).map { "\"\($0)\":\"\"" }) }, Self.texts[3].text,
            { size in Self.object([#""a":"""#, "\"\(Self.repeated(#"e\u0301\u0316\u0327"#, size))\":\"\""]) },
        ] as [(Int) -> String] {
            let ratio = growth(
                at: 60_000, input: { Array(text($0).utf8) },
                work: { bytes in
                    Self.attempt { _ = try [String: String](parsing: bytes, limits: JSONLimits(marksInARow: 30)) }
                })
            #expect(ratio < linearGrowth)
        }
    }

    @Test("looking up each member of an object takes as long as there are members")
    func lookingUp() throws {
        let ratio = try growth(
            at: 2000, input: { try JSONObject(parsing: Self.object((0..<$0).map { "\"k\($0)\":\($0)" })) },
            work: { object in
                for (index, key) in object.keys.enumerated() { #expect(object[key]?.integer == Int64(index)) }
            })
        #expect(ratio < linearGrowth)
    }

    @Test("an object with many members is changed as one with few")
    func changing() {
        var object = JSONObject()
        for index in 0..<100 { object["k\(index)"] = .integer(Int64(index)) }
        for index in stride(from: 0, to: 100, by: 2) { object["k\(index)"] = nil }
        object["k1"] = "new"
        object["k0"] = "last"
        #expect(object.keys == stride(from: 1, to: 100, by: 2).map { "k\($0)" } + ["k0"])
        #expect(object["k1"] == "new" && object["k0"] == "last" && object["k2"] == nil && object["k99"] == 99)
        for index in 1..<100 { object["k\(index)"] = nil }
        #expect(object == ["k0": "last"] && object["k0"] == "last")
    }

    @Test("A key is the same with escapes and without, also beside others that only begin alike")
    func escapedDuplicates() {
        let same = [
            (#"\u0061b"#, "ab"), (#"a\u0062"#, #"\u0061b"#), (#"\ud83d\ude00x"#, "😀x"), (#"\u00e9\n\/"#, #"é\u000a/"#),
            (#"\u20ac\"\\\b\f\r\t"#, #"€\u0022\u005c\u0008\u000c\u000d\u0009"#),
        ]
        for (one, other) in same {
            #expect(throws: JSONError.self) { try JSONValue(parsing: "{\"\(one)\":1,\"\(other)\":1}") }
            for longer in ["\(other)c", "c\(other)"] {
                #expect(throws: Never.self) { try JSONValue(parsing: "{\"\(one)\":1,\"\(longer)\":1}") }
                #expect(throws: Never.self) { try JSONValue(parsing: "{\"\(longer)\":1,\"\(one)\":1}") }
            }
        }
    }
}

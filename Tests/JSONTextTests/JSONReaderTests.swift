// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing

struct JSONReaderTests {
    private func error(_ text: String, limits: JSONLimits = .default) -> JSONError? {
        do {
            _ = try JSONValue(parsing: text, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test("Values are read in the order of the text, without a tree")
    func pulls() throws {
        var reader = JSONReader(Array(#" {"a" : [1, -2.5e1, "x\ny"], "b":{}, "c":null, "d":true} "#.utf8))
        var seen: [String] = []
        try reader.beginObject()
        while let key = try reader.nextKey() {
            seen.append(key.text)
            switch key {
            case "a":
                try reader.beginArray()
                while try reader.nextElement() {
                    switch try reader.peek() {
                    case .string: seen.append(try reader.readString())
                    default: seen.append("\(try reader.readDouble())")
                    }
                }
            case "b": #expect(try reader.skipValue().count == 2)
            case "c": #expect(try reader.skipNull())
            default:
                #expect(try !reader.skipNull())
                #expect(try reader.readBool())
            }
        }
        try reader.finish()
        #expect(seen == ["a", "1.0", "-25.0", "x\ny", "b", "c", "d"])
    }

    @Test("A part of some bytes can be read, and where a skipped value lies is told")
    func readsParts() throws {
        let bytes = Array(#"xx{"a": [1,{"b":2}] }yy"#.utf8)
        var reader = JSONReader(bytes, in: 2..<(bytes.count - 2))
        try reader.beginObject()
        #expect(try reader.nextKey() == "a")
        let range = try reader.skipValue()
        #expect(String(decoding: bytes[range], as: UTF8.self) == #"[1,{"b":2}]"#)
        #expect(try reader.nextKey() == nil)
        try reader.finish()
        var short = JSONReader(bytes, in: 2..<(bytes.count - 4))
        #expect(throws: JSONError.self) { try short.skipValue() }
    }

    @Test("Keys are compared byte by byte, not by canonical equivalence")
    func comparesKeys() throws {
        var reader = JSONReader(Array("{\"\u{212A}\":1}".utf8))
        try reader.beginObject()
        let kelvin = try #require(try reader.nextKey())
        #expect(kelvin != "K")
        #expect(kelvin.text == "K")
        #expect(kelvin == "\u{212A}")
        #expect(try JSONObject(parsing: "{\"\u{212A}\":1,\"K\":2}")["K"] == 2)
        let composed = try JSONObject(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(composed["\u{E9}"] == 1)
        #expect(composed["e\u{301}"] == 2)
        // Equivalent, of the same length, and not the same bytes.
        let marks = try JSONObject(parsing: "{\"a\u{301}\u{323}\":1,\"a\u{323}\u{301}\":2}")
        #expect(marks["a\u{301}\u{323}"] == 1)
        #expect(marks["a\u{323}\u{301}"] == 2)
    }

    @Test(
        "A key that is given twice is refused, however it is written and however many there are",
        arguments: [
            (#"{"a":1,"a":2}"#, "a"), (#"{"a":1,"\u0061":2}"#, "a"), (#"{"\u0061":1,"a":2}"#, "a"),
            (#"[{"b":{"c":1,"d":{"c":1},"c":2}}]"#, "c"), (#"{"":1,"":2}"#, ""), (#"{"\u0000":1,"\u0000":1}"#, "\0"),
        ])
    func refusesDuplicates(_ text: String, _ key: String) {
        #expect(error(text)?.reason == .duplicateMember(key))
        var reader = JSONReader(Array(text.utf8))
        #expect(throws: JSONError.self) { try reader.skipValue() }
    }

    @Test("The same key in different objects is no duplicate")
    func allowsSameKeyElsewhere() {
        #expect(error(#"{"a":{"a":{"a":[{"a":1},{"a":2}]}},"b":{"a":1}}"#) == nil)
    }

    @Test("Many keys take no longer than their number, and duplicates are found among them too")
    func manyKeys() throws {
        let count = 5000
        let members = (0..<count).map { "\"k\($0)\":{\"x\":[\($0)]}" }
        let object = try JSONObject(parsing: "{" + members.joined(separator: ",") + "}")
        #expect(object.count == count)
        for duplicate in [0, 10, 22, 23, 24, 25, 26, 1000, count - 1] {
            let text = "{" + members.joined(separator: ",") + ",\"k\(duplicate)\":1}"
            #expect(error(text)?.reason == .duplicateMember("k\(duplicate)"))
            #expect(error("[{}," + text + "]")?.path == "[1].k\(duplicate)")
        }
    }

    @Test("No more levels are read than the limit says")
    func limitsDepth() {
        for depth in [1, 2, 128] {
            let limits = JSONLimits(depth: depth)
            let arrays = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(error(arrays, limits: limits) == nil)
            #expect(error("[" + arrays + "]", limits: limits)?.reason == .tooDeep)
            let objects = String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
            #expect(error(objects, limits: limits) == nil)
            #expect(error("[" + objects + "]", limits: limits)?.reason == .tooDeep)
        }
        #expect(error("[" + String(repeating: "[],", count: 1000) + "[]]", limits: JSONLimits(depth: 2)) == nil)
    }

    @Test(
        "An error has its reason, its offset and the path to it",
        arguments: [
            ("", JSONError(.unexpectedEnd, offset: 0)), ("[1,", JSONError(.unexpectedEnd, offset: 3, path: "[1]")),
            ("1 2", JSONError(.trailingData, offset: 2)),
            (#"{"a":[0,{"b":tru}]}"#, JSONError(.unexpectedByte(0x7D), offset: 16, path: "a[1].b")),
            ("\"a\u{1}\"", JSONError(.controlCharacter(1), offset: 2)),
            (#""a\x""#, JSONError(.invalidEscape, offset: 2)),
            (#""\ud800""#, JSONError(.loneSurrogate, offset: 1)),
            (#"["\udc00"]"#, JSONError(.loneSurrogate, offset: 2, path: "[0]")),
            ("[01]", JSONError(.malformedNumber, offset: 1, path: "[0]")),
            ("[9223372036854775808]", JSONError(.integerOutOfRange, offset: 1, path: "[0]")),
            ("[1e999]", JSONError(.numberOutOfRange, offset: 1, path: "[0]")),
            (#"{"a":1,"a":1}"#, JSONError(.duplicateMember("a"), offset: 8, path: "a")),
        ])
    func describesErrors(_ text: String, _ expected: JSONError) {
        #expect(error(text) == expected)
    }

    @Test("A string that is appended to bytes is the one that is read, and what is refused is the same")
    func appendsStrings() throws {
        let long = String(repeating: "long ", count: 90)
        let pieces = [#"\""#, #"\\"#, #"\n"#, #"\u00e9"#, "\u{E9}", "x", "seven b", "{", long]
        var generator = SystemRandomNumberGenerator()
        for count in 0..<300 {
            let text = (0..<count % 40).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            for ending in [#"""#, #"" "#, "\t", #"\x""#, "", #"" and what follows"#] {
                let bytes = Array(#""\#(text)\#(ending)"#.utf8)
                var (plain, appending) = (JSONReader(bytes), JSONReader(bytes))
                var found: [UInt8] = [1]
                let expected = Result { () throws(JSONError) in try plain.readString() }
                let result = Result { () throws(JSONError) in try appending.readString(appendingTo: &found) }
                switch (expected, result) {
                case (.success(let string), .success):
                    #expect(found == [1] + Array(string.utf8))
                    #expect(plain.offset == appending.offset)
                case (.failure(let one), .failure(let other)): #expect(one == other)
                default: Issue.record("\(expected) and \(result) of \(text)\(ending)")
                }
            }
        }
    }

    @Test("An invalid byte of a string is found where it is")
    func findsInvalidUTF8() {
        #expect(throws: JSONError(.invalidUTF8, offset: 4, path: "")) {
            try JSONValue(parsing: [0x22, 0x61, 0xC3, 0xA9, 0xFF, 0x22])
        }
    }

    @Test("Integers are exact from the smallest to the largest, and nothing else is one")
    func readsIntegers() throws {
        #expect(try Int64(parsing: "9223372036854775807") == .max)
        #expect(try Int64(parsing: "-9223372036854775808") == .min)
        #expect(try Int64(parsing: "-0") == 0)
        #expect(try JSONValue(parsing: "-0") == .integer(0))
        #expect(try UInt32(parsing: "4294967295") == .max)
        for (text, reason): (String, JSONError.Reason) in [
            ("-9223372036854775809", .integerOutOfRange), ("1.0", .notAnInteger), ("1e2", .notAnInteger),
            ("\"1\"", .wrongKind(expected: .number, found: .string)),
        ] {
            let error = #expect(throws: JSONError.self) { try Int64(parsing: text) }
            #expect(error?.reason == reason)
        }
        for text in ["-1", "4294967296", "9223372036854775807"] {
            #expect(throws: JSONError.self) { try UInt32(parsing: text) }
        }
        #expect(throws: JSONError.self) { try UInt64(parsing: "-1") }
        #expect(throws: JSONError.self) { try Int32(parsing: "2147483648") }
    }

    @Test("A number with a fraction or an exponent is the nearest Double")
    func readsDoubles() throws {
        for (text, value) in [
            ("0.1", 0.1), ("-0.0", -0.0), ("1e2", 100), ("1E-2", 0.01), ("5e-324", .leastNonzeroMagnitude),
            ("1e-999", 0),
            ("1.7976931348623157e308", Double.greatestFiniteMagnitude), ("123", 123),
        ] {
            #expect(try Double(parsing: text) == value)
        }
        #expect(try JSONValue(parsing: "1e2") == .double(100))
        #expect(try Double(parsing: "-0.0").sign == .minus)
    }

    @Test("Escapes mean what RFC 8259 says")
    func readsEscapes() throws {
        #expect(
            try String(parsing: #""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud834\udd1e\u0000x""#)
                == "\"\\/\u{8}\u{C}\n\r\tA\u{E9}\u{20AC}\u{1D11E}\0x")
        #expect(
            try String(parsing: #""\ud800\udc00\uDBFF\uDFFF\uD7FF\uE000""#) == "\u{10000}\u{10FFFF}\u{D7FF}\u{E000}")
    }

    @Test("Null is nothing where there may be nothing, and an error where there must be something")
    func readsOptionals() throws {
        #expect(try [Int?](parsing: "[1,null,2]") == [1, nil, 2])
        #expect(try String?(parsing: "null") == nil)
        #expect(throws: JSONError.self) { try String(parsing: "null") }
        #expect(throws: JSONError.self) { try String?(parsing: "nul") }
    }
}

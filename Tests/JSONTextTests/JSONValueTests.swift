// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultTestKit

struct JSONValueTests {
    @Test("Members keep the order of the text")
    func keepsOrder() throws {
        let text = #"{"z":1,"a":{"y":2,"b":3},"m":[]}"#
        let value = try JSONValue(parsing: text)
        #expect(value.text == text)
        #expect(value.object?.keys == ["z", "a", "m"])
        #expect(value != (try JSONValue(parsing: #"{"a":{"y":2,"b":3},"z":1,"m":[]}"#)))
    }

    @Test("A tree is asked for its parts, and what is not there is nil")
    func looksUp() throws {
        let value: JSONValue = ["a": [1, "two", 3.5, true, nil, ["b": -1]]]
        #expect(value["a"]?[0]?.integer == 1)
        #expect(value["a"]?[0]?.double == 1)
        #expect(value["a"]?[1]?.string == "two")
        #expect(value["a"]?[2]?.double == 3.5)
        #expect(value["a"]?[2]?.integer == nil)
        #expect(value["a"]?[3]?.bool == true)
        #expect(value["a"]?[4] == .null)
        #expect(value["a"]?[5]?["b"] == -1)
        #expect(value["a"]?[6] == nil)
        #expect(value["a"]?[-1] == nil)
        #expect(value["b"] == nil)
        #expect(value[0] == nil)
        #expect(value["a"]?.array?.count == 6)
    }

    @Test("An object is changed in place")
    func changes() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = "new"
        object["c"] = 3
        object["b"] = nil
        object["absent"] = nil
        #expect(object.keys == ["a", "c"])
        #expect(object == ["a": "new", "c": 3])
        #expect(object.count == 2 && !object.isEmpty)
    }

    private func randomValue(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3:
            let value = Double(bitPattern: random.next())
            return .double(value.isFinite ? value : 0.5)
        case 4, 5: return .string(randomString(&random))
        case 6:
            return .array(
                (0..<Int.random(in: 0..<5, using: &random)).map { _ in randomValue(&random, depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<5, using: &random) {
                object[randomString(&random)] = randomValue(&random, depth: depth - 1)
            }
            return .object(object)
        }
    }

    private func randomString(_ random: inout SeededGenerator) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<20, using: &random) {
            let limit: UInt32 = [0x30, 0x80, 0x800, 0x10000, 0x110000].randomElement(using: &random) ?? 0x80
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) { text.append(scalar) }
        }
        return String(text)
    }

    @Test("What is written is read as the same value, in either layout")
    func writtenValuesAreRead() throws {
        let seed = Seed()
        var random = seed.generator
        for _ in 0..<Soak.count(300, full: 10_000) {
            let value = randomValue(&random, depth: 4)
            #expect(try JSONValue(parsing: value.jsonBytes()) == value, "\(seed)")
            #expect(try JSONValue(parsing: value.jsonBytes(.indented)) == value, "\(seed)")
            var reader = JSONReader(value.jsonBytes())
            #expect(try reader.skipValue().count == value.jsonBytes().count, "\(seed)")
        }
    }

    @Test("Whatever bytes come, they are refused or mean one value, and skipping agrees with reading")
    func mutatedBytes() throws {
        let seed = Seed()
        var random = seed.generator
        var accepted = 0
        for _ in 0..<Soak.count(2000, full: 100_000) {
            var bytes = randomValue(&random, depth: 3).jsonBytes(Bool.random(using: &random) ? .compact : .indented)
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case 2: bytes.insert(Array("\"\\{}[],:0-eu \u{1}".utf8).randomElement(using: &random) ?? 0, at: index)
                default: bytes.removeSubrange(index...)
                }
            }
            let value = try? JSONValue(parsing: bytes)
            var reader = JSONReader(bytes)
            let isSkipped = (try? reader.skipValue()) != nil && (try? reader.finish()) != nil
            #expect(isSkipped == (value != nil), "\(seed)")
            guard let value else { continue }
            accepted += 1
            #expect(try JSONValue(parsing: value.jsonBytes()) == value, "\(seed)")
        }
        #expect(accepted > 0)
    }
}

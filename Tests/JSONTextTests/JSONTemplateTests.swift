// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing

@Suite("A template")
struct JSONTemplateTests {
    private static func filled(_ template: JSONTemplate, _ integers: [Int64]) -> String {
        String(decoding: template.filled { integers[$0] }, as: UTF8.self)
    }

    @Test("is its text, with other integers in its places", arguments: [0, 7, -7, 1_000_000, Int64.min, .max])
    func places(_ integer: Int64) {
        let template = JSONTemplate(Array(#"{"a":1,"b":[22,"1"]}"#.utf8), integersAt: [5..<6, 12..<14])
        #expect(template.integerCount == 2)
        #expect(Self.filled(template, [integer, 3]) == #"{"a":\#(integer),"b":[3,"1"]}"#)
    }

    @Test("may have none, or have them at its ends")
    func ends() {
        #expect(Self.filled(JSONTemplate(Array("[]".utf8), integersAt: []), []) == "[]")
        #expect(Self.filled(JSONTemplate(Array("1".utf8), integersAt: [0..<1]), [42]) == "42")
        #expect(Self.filled(JSONTemplate([], integersAt: [0..<0]), [42]) == "42")
    }
}

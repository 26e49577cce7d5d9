// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing

/// The questions of the public JSONTestSuite, put to the tree and to the reader that skips.
struct JSONTestSuiteTests {
    @Test("What RFC 8259 allows is accepted", arguments: acceptedTexts + textsAcceptedByChoice)
    func accepts(_ text: SuiteCase) throws {
        let value = try JSONValue(parsing: text.bytes)
        #expect(try JSONValue(parsing: value.jsonBytes()) == value)
        #expect(try JSONValue(parsing: value.jsonBytes(.indented)) == value)
        var reader = JSONReader(text.bytes)
        try reader.skipValue()
        try reader.finish()
    }

    @Test(
        "What RFC 8259 does not allow is refused, also where it is skipped",
        arguments: refusedValues + refusedObjectsAndStrings + refusedStructures)
    func refuses(_ text: SuiteCase) {
        expectRefusal(of: text)
    }

    @Test(
        "What RFC 8259 leaves open and this parser refuses is refused",
        arguments: textsRefusedByChoice + textsRefusedOnPurpose)
    func refusesByChoice(_ text: SuiteCase) {
        expectRefusal(of: text)
    }

    @Test("The tables have as many cases as the suite")
    func isComplete() {
        #expect(acceptedTexts.count + textsRefusedOnPurpose.count == 95)
        #expect(refusedValues.count + refusedObjectsAndStrings.count + refusedStructures.count == 193)
        #expect(textsAcceptedByChoice.count + textsRefusedByChoice.count == 35)
    }

    private func expectRefusal(of text: SuiteCase) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text.bytes) }
        #expect(throws: JSONError.self) {
            var reader = JSONReader(text.bytes)
            try reader.skipValue()
            try reader.finish()
        }
    }
}

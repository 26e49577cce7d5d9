// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import Varlink

struct VarlinkReplyTests {
    private func reply(_ text: String) throws -> VarlinkReply {
        try VarlinkReply(VarlinkMessage(bytes: Array(text.utf8)))
    }

    @Test("A reply has parameters, and says whether others follow")
    func readsReplies() throws {
        let last = try reply(#"{"parameters":{"a":1}}"#)
        #expect(try last.parameters(as: JSONObject.self) == ["a": 1])
        #expect(last.continues == false)
        #expect(last.varlinkError == nil)
        let first = try reply(#"{"continues":true,"parameters":null}"#)
        #expect(first.continues == true)
        #expect(try first.parameters(as: JSONObject.self) == [:])
    }

    @Test("An error has a name, and may have parameters")
    func readsErrors() throws {
        #expect(
            try reply(#"{"error":"a.b.C","parameters":{"x":"y"}}"#).varlinkError
                == VarlinkError(name: "a.b.C", parameters: ["x": "y"]))
        #expect(try reply(#"{"error":"a.b.C"}"#).varlinkError == VarlinkError(name: "a.b.C"))
        #expect(try reply(#"{"error":null,"parameters":{}}"#).varlinkError == nil)
    }

    @Test("A newer server may say more than is known")
    func skipsUnknownMembers() throws {
        #expect(try reply(#"{"parameters":{},"later":[{"a":1}]}"#).error == nil)
    }

    @Test(
        "What is no reply is malformed",
        arguments: ["", "[]", #"{"parameters":1}"#, #"{"error":1}"#, #"{"continues":"yes"}"#, "{}{}"])
    func refusesOthers(_ text: String) {
        #expect(throws: MessageError.self) {
            _ = try reply(text)
        }
    }

    @Test("A reply in parts has the bytes of the whole, however it is cut")
    func parts() {
        let elements: [JSONObject] = [["a": 1], ["b": "\""], [:], ["c": [2]]]
        for cuts in [[], [0], [4], [1, 1], [0, 2, 4], [1, 2, 3]] as [[Int]] {
            var reply = ReplyInParts(listUnder: "list")
            var bytes: [UInt8] = []
            var start = 0
            for end in cuts {
                bytes += reply.part(elements[start..<end], isLast: false)
                #expect(!bytes.contains(0))
                start = end
            }
            bytes += reply.part(elements[start...], isLast: true)
            let whole: JSONObject = ["list": .array(elements.map(JSONValue.object))]
            #expect(bytes == MessageText.reply(whole))
        }
        var empty = ReplyInParts(listUnder: "list")
        let none: JSONObject = ["list": []]
        #expect(empty.part([] as [JSONObject], isLast: true) == MessageText.reply(none))
    }

    @Test("What is written as a reply is read as that reply")
    func writtenRepliesAreRead() throws {
        let text = String(decoding: MessageText.reply(["a": "\0"] as JSONObject, continues: true), as: UTF8.self)
        #expect(text == #"{"parameters":{"a":"\u0000"},"continues":true}"# + "\0")
        #expect(String(decoding: MessageText.reply(EmptyMessage()), as: UTF8.self) == #"{"parameters":{}}"# + "\0")
        let error = VarlinkError.methodNotFound("a.b.C")
        #expect(
            String(decoding: MessageText.error(error), as: UTF8.self)
                == #"{"error":"org.varlink.service.MethodNotFound","parameters":{"method":"a.b.C"}}"# + "\0")
    }
}

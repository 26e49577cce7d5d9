// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import Varlink
import VaultTestKit

struct VarlinkCallTests {
    private func call(_ text: String) throws -> VarlinkCall {
        try VarlinkCall(VarlinkMessage(bytes: Array(text.utf8)))
    }

    @Test("A call has a method, and may have parameters and say how it is to be answered")
    func readsCalls() throws {
        let plain = try call(#"{"method":"org.example.Do"}"#)
        #expect(plain.method == "org.example.Do")
        #expect(plain.interface == "org.example")
        #expect(!plain.wantsMore && !plain.isOneway && !plain.wantsUpgrade)
        let full = try call(
            #" { "more": true, "oneway": true, "upgrade": true, "parameters": {"a":[1,{}]}, "method": "a.b.C" } "#)
        #expect(full.method == "a.b.C")
        #expect(full.wantsMore && full.isOneway && full.wantsUpgrade)
        #expect(try full.parameters(as: JSONObject.self) == ["a": [1, [:]]])
    }

    @Test("A string that Swift takes long to compare is no part of a call, and is refused soon")
    func combiningMarks() {
        let call = { (marks: String) in #"{"method":"a.b\#(marks)","parameters":{"a\#(marks)":"b\#(marks)"}}"# }
        #expect(throws: Never.self) { _ = try self.call(call(String(repeating: "\u{301}", count: 30))) }
        let ratio = growth(
            at: 30_000, input: { call(String(repeating: "\u{301}\u{316}\u{327}", count: $0 / 6)) },
            work: { text in
                #expect(throws: MessageError.self) { _ = try self.call(text) }
            })
        #expect(ratio < linearGrowth)
    }

    @Test(
        "Missing, null or {} parameters mean the same", arguments: ["", #","parameters":null"#, #","parameters":{}"#])
    func emptyParameters(_ parameters: String) throws {
        let call = try call("{\"method\":\"a.b.C\"\(parameters)}")
        #expect(try call.parameters(as: JSONObject.self) == [:])
    }

    @Test("Null says no more than a missing member")
    func nullFlags() throws {
        let call = try call(#"{"method":"a.b.C","more":null,"oneway":null,"upgrade":null}"#)
        #expect(!call.wantsMore && !call.isOneway && !call.wantsUpgrade)
    }

    @Test(
        "What is no call is malformed",
        arguments: [
            "", "{}", "[]", "null", "\"a.b.C\"", "{", #"{"method":1}"#, #"{"method":null}"#, #"{"parameters":{}}"#,
            #"{"method":"a.b.C","parameters":[]}"#, #"{"method":"a.b.C","parameters":"{}"}"#,
            #"{"method":"a.b.C","parameters":{"a":}}"#, #"{"method":"a.b.C","more":1}"#,
            #"{"method":"a.b.C","method":"a.b.D"}"#, #"{"method":"a.b.C","other":1}"#, #"{"method":"a.b.C"} {}"#,
            #"{"method":"a.b.C","parameters":{"a":1,"a":2}}"#,
        ])
    func refusesOthers(_ text: String) throws {
        #expect(throws: MessageError.self) {
            _ = try call(text)
        }
    }

    @Test("A parameter that cannot be read is named, by its path")
    func namesInvalidParameters() throws {
        struct Names: JSONReadable {
            init(from reader: inout JSONReader) throws(JSONError) {
                var names: [[String]]?
                try reader.beginObject()
                while let key = try reader.nextKey() {
                    switch key {
                    case "names": names = try reader.read()
                    default: try reader.skipOrRefuse(key)
                    }
                }
                _ = try reader.require(names, "names")
            }
        }
        for (parameters, path) in [
            (#"{"names":[["a"],["b",1]]}"#, "names[1][1]"), (#"{"name":[]}"#, "name"), ("{}", "names"),
            (#"{"names":"a"}"#, "names"), (#"{"names":[],"other":{"deep":1}}"#, "other"),
        ] {
            let call = try call("{\"method\":\"a.b.C\",\"parameters\":\(parameters)}")
            #expect(throws: VarlinkError.invalidParameter(path)) { try call.parameters(as: Names.self) }
        }
    }

    @Test("A method without a dot belongs to no interface")
    func withoutInterface() throws {
        #expect(try call(#"{"method":"Do"}"#).interface == "")
        #expect(try call(#"{"method":""}"#).interface == "")
    }

    @Test("What is written as a call is read as that call")
    func writtenCallsAreRead() throws {
        var bytes = MessageText.call("a.b.C", ["x": 1] as JSONObject, options: [.more, .oneway, .upgrade])
        #expect(bytes.removeLast() == 0)
        let call = try VarlinkCall(VarlinkMessage(bytes: bytes))
        #expect(call.wantsMore && call.isOneway && call.wantsUpgrade)
        #expect(try call.parameters(as: JSONObject.self) == ["x": 1])
    }
}

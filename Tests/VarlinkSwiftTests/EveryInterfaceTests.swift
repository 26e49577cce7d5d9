// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import Varlink
import VaultTestKit

private typealias Every = EveryInterface

private let node = Every.Node(
    name: "a", parent: .init(name: "b", children: []), children: [.init(name: "c", children: [])],
    owner: .init(home: .init(name: "d", children: [], owner: .init())))

private let everything = Every.Everything(
    flag: true, number: -1, real: 1.5, text: "t", anything: ["a": [1]], anyValue: nil, maybe: 2, list: ["x", "y"],
    set: ["m": .init(), "k": .init()], table: ["z": 1, "a": 2], deep: [["d": [.red, nil]]], colour: .darkGreen,
    inner: .init(a: 3, kind: .two), rows: [.init(x: 4)])

private let everythingText = """
    {"flag":true,"number":-1,"real":1.5,"text":"t","anything":{"a":[1]},"any_value":null,"maybe":2,"list":["x","y"],\
    "set":{"k":{},"m":{}},"table":{"a":2,"z":1},"deep":[{"d":["red",null]}],"colour":"dark_green",\
    "inner":{"a":3,"kind":"two"},"rows":[{"x":4}]}
    """

private let newer = JSONLimits(skipsUnknownMembers: true)

/// The code that was generated, in use.
struct EveryInterfaceTests {
    @Test("A message is written as it is declared, and read again")
    func roundTrip() throws {
        #expect(String(decoding: everything.jsonBytes(), as: UTF8.self) == everythingText)
        #expect(try Every.Everything(parsing: everythingText) == everything)
        let interface = try InterfaceDescription(parsing: Every.description)
        #expect(interface.name == Every.name)
        guard case .structure(let fields) = interface.type(named: "Everything") else {
            Issue.record("it is declared as a structure")
            return
        }
        #expect(interface.mismatch(of: try JSONObject(parsing: everythingText), with: fields) == nil)
        let names = Every.String(type: "t", selfValue: 1, in: true, reader: 2, init: .init(string: 3))
        #expect(
            String(decoding: names.jsonBytes(), as: UTF8.self)
                == #"{"type":"t","self":1,"in":true,"reader":2,"init":{"String":3}}"#)
        #expect(try Every.String(parsing: names.jsonBytes()) == names)
    }

    @Test("What may be null is not what may be missing")
    func nullAndMissing() throws {
        var object = try JSONObject(parsing: everythingText)
        object["maybe"] = nil
        object["deep"] = .null
        let read = try Every.Everything(parsing: object.jsonBytes())
        #expect(read.maybe == nil && read.deep == nil && read.anyValue == .null)
        object["any_value"] = nil
        let error = #expect(throws: JSONError.self) { try Every.Everything(parsing: object.jsonBytes()) }
        #expect(error?.reason == .missingMember("any_value"))
    }

    @Test("A type that contains itself is read and written")
    func recursion() throws {
        #expect(try Every.Node(parsing: node.jsonBytes()) == node)
        #expect(node.owner?.home?.owner == Every.Owner())
        var other = node
        other.parent?.name = "e"
        #expect(other != node && node.parent?.name == "b")
    }

    @Test("A word that is not declared is refused by a service, and kept by a client")
    func unknownWords() throws {
        let text = everythingText.replacing("dark_green", with: "blue")
        let error = #expect(throws: JSONError.self) { try Every.Everything(parsing: text) }
        #expect(error?.path == "colour")
        #expect(error?.reason == .invalidValue("'blue' is not known"))
        let read = try Every.Everything(parsing: text, limits: newer)
        #expect(read.colour == .unknown("blue"))
        #expect(String(decoding: read.jsonBytes(), as: UTF8.self) == text)
        #expect(try Every.Repeat.Parameters.Unknown(parsing: "\"unknown\"") == .unknown)
        #expect(try Every.Repeat.Parameters.Unknown(parsing: "\"else\"", limits: newer) == .unknown2("else"))
    }

    @Test("Keys of a map that Swift takes for the same are refused")
    func equivalentKeys() {
        let text = everythingText.replacing(#"{"a":2,"z":1}"#, with: "{\"\u{212A}\":1,\"K\":2}")
        let error = #expect(throws: JSONError.self) { try Every.Everything(parsing: text) }
        #expect(error?.path == "table.K")
        #expect(error?.reason == .duplicateMember("K"))
    }

    @Test(
        "An error crosses the wire and comes back",
        arguments: [
            EveryError.failed(
                why: "w", nodes: [node], at: .init(line: 1, column: 2), parameters: 3, error: "e",
                aNameThatIsAsLongAsNamesShouldNotBe: 4),
            .failed(why: "w", nodes: []), .notNow,
        ])
    func errors(_ error: EveryError) throws {
        let interface = try InterfaceDescription(parsing: Every.description)
        let wire = error.varlinkError
        let declared = try #require(interface.error(named: String(wire.name.dropFirst(Every.name.count + 1))))
        #expect(interface.mismatch(of: wire.parameters, with: declared.parameters) == nil)
        #expect(EveryError(wire) == error)
        #expect(EveryError(VarlinkError(name: "org.example.other.Failed", parameters: wire.parameters)) == nil)
        for field in declared.parameters where !field.isOptional {
            var parameters = wire.parameters
            parameters[field.name] = [true]
            #expect(EveryError(VarlinkError(name: wire.name, parameters: parameters)) == nil)
        }
    }

    // MARK: - The service

    /// Serves all methods; that it compiles says that none is missing.
    private struct Service: EveryService {
        final class Context {
            var reply: JSONValue?
        }

        func `do`(_ parameters: Every.Do.Parameters, in context: Context) {
            let counts = ["list": parameters.everything.list.count]
            context.reply = Every.Do.Reply(done: parameters.everything.flag, counts: counts).jsonValue
        }

        func rest(_ parameters: Every.Rest.Parameters, in context: Context) {
            context.reply = Every.Rest.Reply().jsonValue
        }

        func `repeat`(_ parameters: Every.Repeat.Parameters, in context: Context) throws(VarlinkError) {
            throw EveryError.notNow.varlinkError
        }
    }

    private func call(_ method: String, _ parameters: some JSONWritable) throws -> VarlinkCall {
        try VarlinkCall(VarlinkMessage(bytes: MessageText.call(method, parameters).dropLast()))
    }

    @Test("A call is served by the requirement of its method, and a method of another interface by none")
    func dispatches() throws {
        let context = Service.Context()
        let call = try call(Every.Do.method, Every.Do.Parameters(everything: everything))
        #expect(try Every.dispatch(call, to: Service(), in: context))
        #expect(context.reply == ["done": true, "counts": ["list": 2]])
        #expect(try Every.dispatch(try self.call(Every.Rest.method, EmptyMessage()), to: Service(), in: context))
        #expect(context.reply == [:])
        context.reply = nil
        for method in ["org.example.every.Else", "org.example.other.Do", "org.example.every.Do.More"] {
            #expect(try !Every.dispatch(try self.call(method, EmptyMessage()), to: Service(), in: context))
        }
        #expect(context.reply == nil)
    }

    @Test("What the service throws comes out, and so does what is wrong with parameters")
    func throwsErrors() throws {
        let names = Every.String(type: "t", selfValue: 1, in: true, init: .init(string: 3))
        let call = try call(Every.Repeat.method, Every.Repeat.Parameters(unknown: .other, string: names))
        #expect(throws: EveryError.notNow.varlinkError) {
            try Every.dispatch(call, to: Service(), in: Service.Context())
        }
        let wrong = try self.call(Every.Repeat.method, ["unknown": "other", "string": ["type": 1]] as JSONObject)
        #expect(throws: VarlinkError.invalidParameter("string.type")) {
            try Every.dispatch(wrong, to: Service(), in: Service.Context())
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import Varlink
import VaultTestKit

struct ServiceDescriptionTests {
    private static let example = """
        interface org.example.things
        method Do() -> ()
        """

    private let service = ServiceDescription(
        vendor: "Example", product: "Things", version: "1", url: "https://example.org", interfaces: [example])

    private func answer(_ method: String, _ parameters: JSONObject = [:]) throws -> JSONObject? {
        var bytes = MessageText.call(method, parameters)
        bytes.removeLast()
        let call = try VarlinkCall(VarlinkMessage(bytes: bytes))
        guard var reply = service.answer(call) else { return nil }
        #expect(reply.removeLast() == 0)
        return try JSONObject(parsing: reply)
    }

    @Test("GetInfo tells who the service is, and the names of its interfaces")
    func getInfo() throws {
        let reply = try #require(try answer("org.varlink.service.GetInfo"))
        #expect(
            reply["parameters"] == [
                "vendor": "Example", "product": "Things", "version": "1", "url": "https://example.org",
                "interfaces": ["org.example.things", "org.varlink.service"],
            ])
        let own = try InterfaceDescription(parsing: ServiceDescription.ownInterface)
        let declared = try #require(own.method(named: "GetInfo")).reply
        #expect(own.mismatch(of: try #require(reply["parameters"]?.object), with: declared) == nil)
    }

    @Test("GetInterfaceDescription returns the text of an interface, also of its own")
    func getInterfaceDescription() throws {
        let method = "org.varlink.service.GetInterfaceDescription"
        #expect(
            try answer(method, ["interface": "org.example.things"]) == [
                "parameters": ["description": .string(Self.example)]
            ])
        let own = try answer(method, ["interface": "org.varlink.service"])
        #expect(own?["parameters"]?["description"]?.string == ServiceDescription.ownInterface)
        #expect(
            try answer(method, ["interface": "org.example.other"]) == [
                "error": "org.varlink.service.InterfaceNotFound", "parameters": ["interface": "org.example.other"],
            ])
        for parameters: JSONObject in [[:], ["interface": 1]] {
            #expect(
                try answer(method, parameters) == [
                    "error": "org.varlink.service.InvalidParameter", "parameters": ["parameter": "interface"],
                ])
        }
        #expect(
            try answer(method, ["interface": "org.varlink.service", "more": 1])?["parameters"] == ["parameter": "more"])
    }

    @Test("A method that nobody has is answered, one that the service has to answer is not")
    func unknownMethods() throws {
        #expect(try answer("org.example.things.Do") == nil)
        #expect(
            try answer("org.example.things.Undo") == [
                "error": "org.varlink.service.MethodNotFound", "parameters": ["method": "org.example.things.Undo"],
            ])
        #expect(
            try answer("org.example.others.Do") == [
                "error": "org.varlink.service.InterfaceNotFound", "parameters": ["interface": "org.example.others"],
            ])
        #expect(try answer("Do")?["error"] == "org.varlink.service.InterfaceNotFound")
    }

    @Test("The interface of services declares the errors that services answer with")
    func declaresErrors() throws {
        let own = try InterfaceDescription(parsing: ServiceDescription.ownInterface)
        let errors: [VarlinkError] = [
            .interfaceNotFound("x"), .methodNotFound("x"), .methodNotImplemented("x"), .invalidParameter("x"),
            .permissionDenied, .expectedMore,
        ]
        #expect(errors.map(\.name) == own.errors.map { "org.varlink.service." + $0.name })
        for (error, declared) in zip(errors, own.errors) {
            #expect(own.mismatch(of: error.parameters, with: declared.parameters) == nil)
        }
    }
}

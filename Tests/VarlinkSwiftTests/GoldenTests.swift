// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Varlink
import VaultTestKit

@testable import varlink_swift

struct GoldenTests {
    private static func text(_ name: String) throws -> String {
        let path = Programs.checkout.appending("Tests").appending(name)
        return try String(contentsOfFile: path.string, encoding: .utf8)
    }

    @Test("An interface with everything that the language has becomes the Swift that is compiled into these tests")
    func everything() throws {
        let name = "org.example.every.varlink"
        let swift = try InterfaceGenerator(try Self.text("VarlinkSwiftTests/\(name)"), file: name).generate()
        #expect(swift == (try Self.text("VarlinkSwiftTests/EveryInterface.swift")), "make interfaces")
    }

    @Test("The example of the documentation is made from its interface file")
    func example() throws {
        let name = "org.example.notes.varlink"
        let source = try Self.text("VarlinkTests/Examples/\(name)")
        let swift = try InterfaceGenerator(source, file: name, options: .init(isActor: true)).generate()
        #expect(swift == (try Self.text("VarlinkTests/Examples/NotesInterface.swift")), "make interfaces")
    }

    @Test("The access, the names and the kind of the service are chosen")
    func options() throws {
        let source = "interface a.b-c.d-e\ntype T (a: int)\nmethod M() -> (t: T)\nerror E ()\n"
        func lines(_ options: InterfaceGenerator.Options) throws -> [Substring] {
            try InterfaceGenerator(source, file: "d.varlink", options: options).generate().split(separator: "\n")
        }
        let shown = try lines(.init(access: .public, isActor: true))
        for line in [
            "public import JSONText", "public import Varlink", "public enum DEInterface {",
            "    public struct T: JSONReadable, JSONWritable, Equatable, Sendable {", "        public var a: Int",
            "    public enum M: InterfaceMethod {", "        public typealias Parameters = EmptyMessage",
            "public enum DEError: Error, Equatable, Sendable {", "public protocol DEService: Actor {",
            "        _ call: borrowing VarlinkCall, to service: isolated Service, in context: Service.Context",
        ] {
            #expect(shown.contains(Substring(line)))
        }
        let named = try lines(.init(access: .package, prefix: "Other"))
        for line in [
            "package enum OtherInterface {", "package enum OtherError: Error, Equatable, Sendable {",
            "package protocol OtherService {",
            "    func m(_ parameters: OtherInterface.M.Parameters, in context: Context) throws(VarlinkError)",
        ] {
            #expect(named.contains(Substring(line)))
        }
    }

    @Test("An interface that declares nothing imports nothing")
    func empty() throws {
        let swift = try InterfaceGenerator("interface a.b", file: "b").generate()
        #expect(!swift.contains("import"))
        #expect(swift.contains("enum BInterface {"))
    }

    @Test("Whatever stands in comments and texts, it stays in comments and texts")
    func hostileTexts() throws {
        let source = "# one\rlet two = 2\n#\n# \"\"\"# \\#(three)\ninterface a.b\n# \u{0}four\r\nmethod M() -> ()\r\n"
        let swift = try InterfaceGenerator(source, file: "b").generate()
        #expect(swift.contains("/// onelet two = 2\n"))
        #expect(swift.contains("/// four\n"))
        #expect(swift.contains("description = ##\"\"\"\n"))
        #expect(swift.contains("        # one\\##u{d}let two = 2\n"))
        #expect(swift.contains("        method M() -> ()\\##u{d}\n"))
        #expect(!swift.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    }

    @Test(
        "What Swift cannot say is refused with its place",
        arguments: [
            ("interface a.b\ntype T (a_b: int, aB: int)", "2:19: 'a_b' and 'aB' are both 'aB' in Swift"),
            ("interface a.b\ntype T (\n  Red,\n  red\n)", "4:3: 'Red' and 'red' are both 'red' in Swift"),
            ("interface a.b\nmethod IO() -> ()\nmethod Io() -> ()", "3:1: 'IO' and 'Io' are both 'io' in Swift"),
            ("interface a.b\nerror IO ()\nerror Io ()", "3:1: 'IO' and 'Io' are both 'io' in Swift"),
            ("interface a.b\ntype BInterface ()", "2:1: the Swift type 'BInterface' would hide another of this name"),
            ("interface a.b\ntype Swift ()", "2:1: the Swift type 'Swift' would hide another of this name"),
            ("interface a.1", "1:1: no Swift type can be called '1Interface': give another prefix"),
            ("interface a.b\ntype T (a: U)", "2:9: there is no type 'U'"),
        ])
    func refuses(_ source: String, _ message: String) {
        let error = #expect(throws: InterfaceError.self) { try InterfaceGenerator(source, file: "b").generate() }
        #expect(error?.description == message)
    }

    @Test(
        "Names are written as Swift writes them",
        arguments: [
            ("name", "name"), ("any_thing", "anyThing"), ("WhoAmI", "whoAmI"), ("IOFailed", "ioFailed"), ("URL", "url"),
            ("A", "a"), ("OK2", "ok2"), ("Sha256Sum", "sha256Sum"), ("self", "selfValue"),
            ("fileDescriptor", "fileDescriptor"),
        ])
    func names(_ name: String, _ swift: String) {
        #expect(SwiftNames.lower(name) == swift)
    }
}

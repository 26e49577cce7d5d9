// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import Varlink
import VaultTestKit

struct InterfaceDescriptionTests {
    @Test("Everything that the grammar has is read")
    func readsTheWholeGrammar() throws {
        let interface = try InterfaceDescription(
            parsing: """
                # A file can begin with what is no documentation.

                # Says what the interface
                # is for.
                interface org.example-two.x9

                # A structure.
                type Point (
                  # From the left.
                  x: int, # not documentation of the next field
                  y: ?float,

                  tags: []string, names: [string]string, deep: []?[string][]Point,
                  inner: (a: bool, b: (one, two)), anything: object, any_thing: any
                )
                type Colour (red,
                  # As grass.
                  green)
                type Nothing ()

                # Does it.
                method Do(at: Point, colour: ?Colour) -> (done: bool)
                method Rest() -> ()\r
                \terror Failed ( why : string )
                error Other()
                """)
        #expect(interface.name == "org.example-two.x9")
        #expect(interface.documentation == "Says what the interface\nis for.")
        #expect(interface.types.map(\.name) == ["Point", "Colour", "Nothing"])
        #expect(
            interface.types.map(\.type.description) == [
                "(x: int, y: ?float, tags: []string, names: [string]string, deep: []?[string][]Point, "
                    + "inner: (a: bool, b: (one, two)), anything: object, any_thing: any)",
                "(red, green)", "()",
            ])
        #expect(interface.types[0].documentation == "A structure.")
        #expect(interface.types[0].place == InterfacePlace(line: 8, column: 1))
        guard case .structure(let fields) = interface.type(named: "Point") else {
            Issue.record("Point is no structure")
            return
        }
        #expect(fields.map(\.documentation) == ["From the left.", "", "", "", "", "", "", ""])
        #expect(fields[1].place == InterfacePlace(line: 11, column: 3))
        #expect(fields.map(\.isOptional) == [false, true, false, false, false, false, false, false])
        guard case .enumeration(let words) = interface.type(named: "Colour") else {
            Issue.record("Colour is no enumeration")
            return
        }
        #expect(words.map(\.documentation) == ["", "As grass."])
        let method = try #require(interface.method(named: "Do"))
        #expect(method.documentation == "Does it.")
        #expect(method.parameters.map(\.name) == ["at", "colour"])
        #expect(method.reply.map(\.type) == [.bool])
        #expect(interface.method(named: "Rest")?.reply == [])
        #expect(interface.error(named: "Failed")?.parameters.map(\.type) == [.string])
        #expect(interface.errors.map(\.name) == ["Failed", "Other"])
    }

    @Test(
        "What is wrong is said with its line and column",
        arguments: [
            ("", "1:1: expected 'interface', found the end"),
            ("interface x", "1:11: expected the name of an interface, found 'x'"),
            ("interface 9.x", "1:11: expected the name of an interface, found '9.x'"),
            ("interface a.-b", "1:11: expected the name of an interface, found 'a.-b'"),
            ("interface a..b", "1:11: expected the name of an interface, found 'a..b'"),
            ("interface a.b type T ()", "1:15: expected the end of the line, found 'type'"),
            ("interface a.b\ntype t ()", "2:6: expected a name that begins with an uppercase letter, found 't'"),
            ("interface a.b\ntype T_x ()", "2:6: expected a name that begins with an uppercase letter, found 'T_x'"),
            ("interface a.b\ntype T string", "2:8: expected a type, found 'string'"),
            ("interface a.b\ntype T (a: integer)", "2:12: expected a type, found 'integer'"),
            ("interface a.b\ntype T (a: ??int)", "2:14: '?' is written once"),
            ("interface a.b\ntype T (a: [int]int)", "2:13: expected 'string', found 'int'"),
            ("interface a.b\ntype T (a: int, b)", "2:18: expected ':', found ')'"),
            ("interface a.b\ntype T (a, b: int)", "2:13: expected ')', found ':'"),
            ("interface a.b\ntype T (a: int,)", "2:16: expected the name of a field, found ')'"),
            ("interface a.b\ntype T (a__b: int)", "2:9: expected the name of a field, found 'a__b'"),
            ("interface a.b\ntype T (_a: int)", "2:9: expected the name of a field, found '_a'"),
            ("interface a.b\ntype T (a: int", "2:15: expected ')', found the end"),
            ("interface a.b\ntype T (a: Unknown)", "2:9: there is no type 'Unknown'"),
            ("interface a.b\ntype T (a: int, a: int)", "2:17: the field 'a' is declared twice"),
            ("interface a.b\ntype T (a, a)", "2:12: the word 'a' is declared twice"),
            ("interface a.b\ntype T ()\nerror T ()", "3:1: 'T' is declared twice"),
            ("interface a.b\nmethod M() -> (a, b)", "2:15: the reply of 'M' need types"),
            ("interface a.b\nmethod M()", "2:11: expected '->', found the end"),
            ("interface a.b\nmethod M() - > ()", "2:12: expected '->', found '-'"),
            ("interface a.b\nstruct S ()", "2:1: expected 'type', 'method' or 'error', found 'struct'"),
        ])
    func saysWhatIsWrong(_ text: String, _ message: String) {
        do {
            _ = try InterfaceDescription(parsing: text)
            Issue.record("it was accepted")
        } catch {
            #expect(error.description == message)
        }
    }

    @Test("Types that lie too deep within each other are refused, whatever is left of the stack")
    func limitsDepth() {
        let text = "interface a.b\ntype T (a: " + String(repeating: "[]", count: 100_000) + "int)"
        #expect(throws: InterfaceError.self) { try InterfaceDescription(parsing: text) }
        let structures = "interface a.b\ntype T " + String(repeating: "(a: ", count: 100_000)
        #expect(throws: InterfaceError.self) { try InterfaceDescription(parsing: structures) }
    }

    @Test("A value is compared with its declaration")
    func comparesValues() throws {
        let interface = try InterfaceDescription(
            parsing: """
                interface a.b
                type P (x: int, n: ?P, m: [string]bool, e: (one, two), l: []float)
                method M(p: P, o: object, a: any) -> ()
                """)
        let fields = try #require(interface.method(named: "M")).parameters
        func mismatch(_ text: String) throws -> String? {
            interface.mismatch(of: try JSONObject(parsing: text), with: fields)
        }
        let good = #"{"x":1,"m":{"k":true},"e":"one","l":[1,2.5]}"#
        #expect(try mismatch(#"{"p":\#(good),"o":{"y":1},"a":null}"#) == nil)
        #expect(try mismatch(#"{"p":{"n":\#(good),"x":1,"m":{},"e":"two","l":[]},"o":{},"a":1}"#) == nil)
        #expect(try mismatch(#"{"p":\#(good),"a":1}"#) == "o: missing")
        #expect(try mismatch(#"{"p":\#(good),"o":{},"a":1,"z":1}"#) == "z: not declared")
        for (part, message) in [
            (#""x":"1","m":{},"e":"one","l":[]"#, "p.x: expected int"),
            (#""x":1.5,"m":{},"e":"one","l":[]"#, "p.x: expected int"),
            (#""x":1,"m":{"k":1},"e":"one","l":[]"#, "p.m.k: expected bool"),
            (#""x":1,"m":{},"e":"three","l":[]"#, "p.e: expected (one, two)"),
            (#""x":1,"m":{},"e":"one","l":[1,"2"]"#, "p.l[1]: expected float"),
            (#""x":null,"m":{},"e":"one","l":[]"#, "p.x: expected int"),
            (#""x":1,"n":{"x":1},"m":{},"e":"one","l":[]"#, "p.n.m: missing"),
        ] {
            #expect(try mismatch("{\"p\":{\(part)},\"o\":{},\"a\":1}") == message)
        }
    }

    @Test("Whatever text comes, it is read or refused")
    func mutatedTexts() {
        let seed = Seed()
        var random = seed.generator
        let text = Array(ServiceDescription.ownInterface.utf8)
        var refused = 0
        for _ in 0..<Soak.count(300, full: 10_000) {
            var bytes = text
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = Array("(),:?[]->#\n aA1_.".utf8).randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: index)
                default: bytes[index] = UInt8.random(in: 0...255, using: &random)
                }
            }
            do {
                _ = try InterfaceDescription(parsing: String(decoding: bytes, as: UTF8.self))
            } catch {
                refused += 1
                #expect(error.place.line >= 1 && error.place.column >= 1, "\(seed)")
            }
        }
        #expect(refused > 0)
    }
}

// SPDX-License-Identifier: Apache-2.0

import TerminalKit
import Testing
import VaultInterface

@testable import vault

@Suite("What exec asks for, and where it goes")
struct PassingPlanTests {
    @Test("descriptors that are passed are 3, 4, … in order, with their names")
    func passes() throws {
        let plan = try PassingPlan(pass: [
            PassArgument("web/a"), PassArgument("web/b:read,write=log"), PassArgument("c=x"),
        ])
        #expect(
            plan.requests == [.init(name: "web/a"), .init(name: "web/b", rights: ["read", "write"]), .init(name: "c")])
        #expect(plan.places.map(\.target) == [3, 4, 5])
        #expect(plan.listeningNames == ["web/a", "log", "x"])
    }

    @Test("what was given no name is called what its depositor calls it, if that says anything")
    func depositorsNames() throws {
        var plan = try PassingPlan(
            pass: [PassArgument("a"), PassArgument("b=log"), PassArgument("c")], numbered: [NumberedArgument("9=d")])
        plan.name(given: ["theirs", "other", nil, "nobody's"])
        #expect(plan.listeningNames == ["theirs", "log", "c"])
        plan.name(given: [])
        #expect(plan.listeningNames == ["theirs", "log", "c"])
    }

    @Test("standard output and error with the same value share a descriptor; other places do not")
    func shares() throws {
        let output = try PassArgument("log", usualRights: ["write"], takesName: false)
        let plan = try PassingPlan(
            input: PassArgument("in", usualRights: ["read"]), output: output, error: output,
            numbered: [NumberedArgument("9=log:write")])
        #expect(plan.requests.map(\.name) == ["in", "log", "log"])
        #expect(plan.requests.map(\.rights) == [["read"], ["write"], ["write"]])
        #expect(plan.places.map(\.target) == [0, 1, 2, 9])
        #expect(plan.places.map(\.request) == [0, 1, 1, 2])
        let apart = try PassingPlan(output: output, error: PassArgument("log:append"))
        #expect(apart.places.map(\.request) == [0, 1])
    }

    @Test("two descriptors cannot go to one number")
    func refusesCollisions() throws {
        let failure = #expect(throws: Failure.self) {
            try PassingPlan(pass: [PassArgument("a"), PassArgument("b")], numbered: [NumberedArgument("4=c")])
        }
        #expect(failure?.status == .beforeCommand)
        #expect(failure?.message == "--fd 4 and --pass b both go to descriptor 4")
        #expect(throws: Failure.self) {
            try PassingPlan(input: PassArgument("a"), numbered: [NumberedArgument("0=c")])
        }
    }

    @Test(
        "what cannot be understood is refused",
        arguments: ["", ":read", "=x", "a:", "a:raed", "a:read,", "a=", "a=x:y", "a=x y", "a=\u{E9}"])
    func refusesArguments(text: String) {
        #expect(throws: (any Error).self) { try PassArgument(text) }
    }

    @Test("numbers", arguments: ["", "a", "3", "x=a", "-1=a", "3=", "3=a=b", "99999999999=a"])
    func refusesNumbers(text: String) {
        #expect(throws: (any Error).self) { try NumberedArgument(text) }
    }

    @Test("what may lie anywhere has the lowest number that nobody has, whatever the order of the options")
    func places() throws {
        let plan = try PassingPlan(
            pass: [PassArgument("p")], numbered: [NumberedArgument("5=n")],
            variables: [
                VariableArgument(path: "A=a"), VariableArgument(number: "B=b"), VariableArgument(content: "C=c"),
            ], words: [PassArgument(forWord: "d/e"), PassArgument(forWord: "f:write=g")], isTaken: { $0 == 6 })
        #expect(plan.requests.map(\.name) == ["p", "n", "a", "b", "c", "d/e", "f"])
        #expect(plan.requests.map(\.rights) == [nil, nil, ["read"], nil, ["read"], ["read"], ["write"]])
        #expect(plan.places.map(\.target) == [3, 5, 4, 7, 8, 9])
        #expect(plan.places.map(\.request) == [0, 1, 2, 3, 5, 6])
        #expect(
            plan.mentions == [
                .init(location: .variable("A"), form: .path, place: 2),
                .init(location: .variable("B"), form: .number, place: 3),
                .init(location: .word("d/e"), form: .path, place: 4),
                .init(location: .word("g"), form: .path, place: 5),
            ])
        #expect(plan.contents == [.init(variable: "C", request: 4)])
        #expect(plan.listeningNames == ["p"])
    }

    @Test(
        "variables",
        arguments: ["", "A", "=a", "A=", "A=:read", "A b=a", "\u{C4}=a", "A.B=a", "0=a", "LISTEN_FDS=a", "A=a=b"])
    func refusesVariables(text: String) {
        #expect(throws: (any Error).self) { try VariableArgument(path: text) }
        #expect(throws: (any Error).self) { try VariableArgument(number: text) }
        #expect(throws: (any Error).self) { try VariableArgument(content: text) }
    }
}

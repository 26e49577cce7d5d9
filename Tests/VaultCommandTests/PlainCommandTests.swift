// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import Testing
import VaultTestKit

@testable import vault

@Suite("Command lines that are read without ArgumentParser")
struct PlainCommandTests {
    @Test("what is plain is read")
    func reads() throws {
        #expect(PlainCommand(["cat", "a"]) == .cat(CatCall(broker: .automatic, names: ["a"])))
        #expect(
            PlainCommand(["cat", "--socket", "/s", "a", "--reason", "why not", "b"])
                == .cat(CatCall(broker: .path("/s"), reason: "why not", names: ["a", "b"])))
        #expect(
            PlainCommand(["exec", "--user", "--pass", "a=x", "--pass", "b", "--", "sh", "-c", "--", ""])
                == .exec(
                    ExecCall(
                        broker: .user, pass: [try PassArgument("a=x"), try PassArgument("b")],
                        command: ["sh", "-c", "--", ""])))
        #expect(
            PlainCommand(["exec", "--env-content", "C=c", "--arg", "a", "--env-fd", "B=b", "--env", "A=a", "--", "x"])
                == .exec(
                    ExecCall(
                        broker: .automatic,
                        variables: [
                            try VariableArgument(path: "A=a"), try VariableArgument(number: "B=b"),
                            try VariableArgument(content: "C=c"),
                        ], arg: [try PassArgument(forWord: "a")], command: ["x"])))
    }

    @Test("the options of a parent that stays are read")
    func readsStaying() throws {
        #expect(
            PlainCommand(["exec", "--on-renew", "SIGUSR1", "--link", "/a=b=c", "--notify", "--", "x"])
                == .exec(
                    ExecCall(
                        broker: .automatic, links: [try LinkArgument("/a=b=c")], onRenew: .signal(10), notify: true,
                        command: ["x"])))
        #expect(try LinkArgument("/a=b=c:read").path == "/a=b" && LinkArgument("/a=b=c:read").capability.name == "c")
        #expect(try OnRenew("exec") == .exec && OnRenew("HUP") == .signal(1))
        for text in ["hup", "9", "", "KILL", "SIGEXEC"] { #expect(throws: ValidationError.self) { try OnRenew(text) } }
        for text in ["a", "=a", "/p=", "/p=a:no"] { #expect(throws: ValidationError.self) { try LinkArgument(text) } }
    }

    @Test(
        "what is not plain, or wrong, is left to ArgumentParser",
        arguments: [
            [], ["list"], ["cat"], ["cat", "--help"], ["cat", "--", "a"], ["cat", ""], ["cat", "--reason=x", "a"],
            ["cat", "--reason", "a"], ["cat", "a", "--reason"], ["cat", "--socket", "a", "--user", "b"],
            ["cat", "--user", "--user", "a"], ["cat", "--reason", "x", "--reason", "y", "a"], ["cat", "-"],
            ["exec", "true"], ["exec", "a", "--", "true"], ["exec", "--pass", "", "--", "true"],
            ["exec", "--pass", ":read", "--", "true"],
            ["exec", "--env", "a", "--", "true"], ["exec", "--env-content", "A=a:use", "--", "true"],
            ["exec", "--arg", "a=}", "--", "true"], ["exec", "--on-renew", "KILLED", "--", "true"],
            ["exec", "--on-renew", "HUP", "--on-renew", "exec", "--", "true"], ["exec", "--link", "a", "--", "true"],
            ["--help", "cat"], ["help"],
        ])
    func leaves(arguments: [String]) {
        #expect(PlainCommand(arguments) == nil)
    }

    @Test("whatever is read without ArgumentParser is read as ArgumentParser reads it")
    func agrees() throws {
        let words = [
            "a", "b/c", "a:read", "a:read=x", "3=a", "7=b/c:write", "A=b", "B_1=c:read", "=a", "help", "cat", "@s",
            "x y", "ü", "HUP", "exec", "/a=b=c:read",
        ]
        let options = [
            "--socket", "--reason", "--pass", "--stdin", "--stdout", "--stderr", "--fd", "--env", "--env-fd",
            "--env-content", "--arg", "--link", "--on-renew",
        ]
        let others = ["--user", "--notify", "--", "-", "-h", "", "--reason=x", "--fd"]
        var random = Seed().generator
        var read = 0
        for _ in 0..<Soak.count(150, full: 4000) {
            let verb = ["cat", "exec"].randomElement(using: &random) ?? ""
            var arguments = [verb]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                switch Int.random(in: 0...9, using: &random) {
                case 0: arguments.append(others.randomElement(using: &random) ?? "")
                case 1...(verb == "cat" ? 5 : 1): arguments.append(words.randomElement(using: &random) ?? "")
                default:
                    arguments.append(
                        options.prefix(verb == "cat" ? 2 : options.count).randomElement(using: &random) ?? "")
                    arguments.append(words.randomElement(using: &random) ?? "")
                }
            }
            if verb == "exec", Bool.random(using: &random) { arguments += ["--", "true", "--", "-h", ""] }
            guard let plain = PlainCommand(arguments) else { continue }
            read += 1
            let parsed = try Vault.parseAsRoot(arguments)
            switch plain {
            case .cat(let call): #expect((parsed as? Cat)?.call == call, "\(arguments)")
            case .exec(let call): #expect((parsed as? Exec)?.call == call, "\(arguments)")
            case .help, .version: Issue.record("\(arguments)")
            }
        }
        #expect(read > 15)
    }

    @Test("the text of --help is that of ArgumentParser: make help-text")
    func hasHelp() {
        let text = String(decoding: HelpText.bytes, as: UTF8.self)
        #expect(text == Vault.helpMessage(columns: 80) + "\n")
    }
}

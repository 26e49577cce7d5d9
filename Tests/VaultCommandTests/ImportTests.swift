// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultModel
import VaultTestKit

@testable import vault

@Suite("import s6-rules")
struct ImportTests {
    @Test(
        "Expressions of text, anchors, alternatives, sets and '.*' become patterns",
        arguments: [
            ("^foobar$", ["foobar"]), ("foo", ["*foo*"]), ("^unix:/tmp/", ["unix+3A+2Ftmp+2F*"]), ("", ["*"]),
            (".*", ["*"]), ("^.*$", ["*"]), ("^unix:.*", ["unix+3A*"]), ("^(a|b)c$", ["ac", "bc"]), ("x$", ["*x"]),
            ("^a|^b$", ["a*", "b"]), ("^a.*z$", ["a*z"]), (#"^a\.b\+$"#, ["a.b+2B"]), (#"^\.hidden$"#, ["+2Ehidden"]),
            ("^[ab-d]x$", ["ax", "bx", "cx", "dx"]), ("^ab?$", ["a", "ab"]), ("^((x|y)z)?$", ["xz", "yz"]),
            ("a^b", []), ("^$", []),
        ])
    func translated(_ text: String, _ patterns: [String]) throws {
        let expression = try S6Expression(Array(text.utf8))
        #expect(Set(expression.patterns) == Set(patterns) && expression.omissions.isEmpty, "\(text): \(expression)")
    }

    @Test(
        "What is no pattern is left out, with the reason",
        arguments: [
            "foo.bar", "^a+$", "^a*$", "a{2}", "[^a]", "[[:digit:]]", #"\w"#, "a.*1", ".*9$", "()", "a|", "^(a.)*$",
            "(.*)?x",
        ])
    func omitted(_ text: String) throws {
        let expression = try S6Expression(Array(text.utf8))
        #expect(!expression.omissions.isEmpty && !expression.patterns.contains("*"), "\(text): \(expression)")
    }

    @Test("What s6-fdholderd itself cannot read lets nobody in", arguments: ["(", ")", "[a", "a{", "\\", "[z-a]"])
    func invalid(_ text: String) {
        #expect(throws: S6Expression.Invalid.self, "\(text)") { try S6Expression(Array(text.utf8)) }
    }

    /// Nothing that a pattern matches is not matched by the expression, as regexec(3) has it.
    @Test("The patterns of an expression never match an identifier that it does not")
    func neverWider() throws {
        let seed = Seed()
        var generator = seed.generator
        let pieces = ["a", "2", "F", ".*", "^", "$", "|", "(", ")", ":", #"\."#, "[aF]", "?", "[0-3]", ".", "*", "/"]
        let letters = Array("a2F:./+0".utf8)
        var compared = 0
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            guard let expression = try? S6Expression(Array(text.utf8)), !expression.patterns.isEmpty else { continue }
            let patterns = try expression.patterns.map { try NamePattern("s6/\($0)") }
            var compiled = regex_t()
            let isValid = regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB) == 0
            defer { if isValid { regfree(&compiled) } }
            #expect(isValid, "\(seed) '\(text)' is none to regcomp(3)")
            guard isValid else { continue }
            for _ in 0..<40 {
                let id = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                    letters[Int.random(in: 0..<letters.count, using: &generator)]
                }
                let name = try Self.name(id)
                guard patterns.contains(where: { $0.matches(name) }) else { continue }
                compared += 1
                let matches = regexec(&compiled, String(decoding: id, as: UTF8.self), 0, nil, 0) == 0
                #expect(matches, "\(seed) '\(text)' is wider: \(name)")
            }
        }
        #expect(compared > 1000, "\(seed)")
    }

    private static func name(_ id: [UInt8]) throws -> CapabilityName {
        let escaped = id.enumerated().map { index, byte in
            switch byte {
            case UInt8(ascii: "."): index == 0 ? "+2E" : "."
            case UInt8(ascii: ":"): "+3A"
            case UInt8(ascii: "/"): "+2F"
            case UInt8(ascii: "+"): "+2B"
            default: String(decoding: [byte], as: UTF8.self)
            }
        }
        return try CapabilityName("s6/" + escaped.joined())
    }

    // MARK: The verb

    private func imported(_ files: [String: String], _ arguments: String...) async throws -> CommandResult {
        let directory = try TemporaryDirectory()
        for (path, content) in files {
            let place = directory.path("rules/\(path)")
            try #require(
                try await Command("mkdir", "-p", place.removingLastComponent().string).run().status.isSuccess)
            try directory.write(content, to: "rules/\(path)")
        }
        let vault = try await Programs.directory().appending("vault")
        let rules = directory.path("rules").string
        var command = Command(vault, arguments: ["import", "s6-rules"] + arguments + [rules])
        command.environment = ["PATH=/usr/bin:/bin"]
        let result = try await command.run()
        if result.status == .exited(0) || result.status == .exited(1), !result.text.isEmpty {
            let policy = try directory.write(result.text, to: "s6.yaml")
            let check = try await Command(vault, arguments: ["policy", "check", policy.string]).run()
            #expect(check.status == .exited(0), "\(result.text)\(check.text)\(check.errorText)")
        }
        return result
    }

    @Test("The documentation's own examples become rules that permit the same")
    func examples() async throws {
        let result = try await imported([
            "uid/50/allow": "", "uid/50/env/S6_FDHOLDER_GETDUMP": "\n", "uid/50/env/S6_FDHOLDER_SETDUMP": "\n",
            "uid/72/allow": "", "uid/72/env/S6_FDHOLDER_STORE_REGEX": "^foobar$\n", "uid/72/env/S6_FDHOLDER_LIST": "\n",
        ])
        #expect(result.status == .exited(0), "\(result.errorText)")
        #expect(
            result.text.hasSuffix(
                """
                vault: 1
                rules:
                  - id: s6-uid-50-store
                    permit: [deposit, remove]
                    capability: ["s6/*"]
                    to: { uid: 50 }
                  - id: s6-uid-50-retrieve
                    permit: [open]
                    capability: ["s6/*"]
                    to: { uid: 50 }
                  - id: s6-uid-72-store
                    permit: [deposit, remove]
                    capability: ["s6/foobar"]
                    to: { uid: 72 }
                  - id: s6-uid-72-list
                    permit: [list]
                    capability: ["s6/**"]
                    to: { uid: 72 }
                  - id: s6-uid-50-lists-not
                    forbid: [list]
                    capability: ["s6/**"]
                    to: { uid: 50 }

                """), "\(result.text)")
    }

    @Test("What everybody may is not for who has an entry of his own; a group is those whose primary group it is")
    func precedence() async throws {
        let result = try await imported([
            "uid/default/allow": "", "uid/default/env/S6_FDHOLDER_RETRIEVE_REGEX": "^pub\n", "uid/7/deny": "",
            "gid/1/allow": "", "gid/1/env/S6_FDHOLDER_RETRIEVE_REGEX": "^publ\n",
        ])
        // Of what everybody may the group has a part, and patterns cannot say the rest alone.
        #expect(result.status == .exited(1), "\(result.text)")
        #expect(result.errorText.contains("gid/1 permits a part of what uid/default does"), "\(result.errorText)")
        for rule in [
            "- id: s6-uid-7-not-retrieve\n    forbid: [open]\n    capability: [\"s6/pub*\"]\n    to: { uid: 7 }\n",
            "- id: s6-gid-1-retrieve\n    permit: [open]\n    capability: [\"s6/publ*\"]\n    to: { uid: [1], gid: 1 }\n",
            "- id: s6-gid-1-not-retrieve\n    forbid: [open]\n    capability: [\"s6/pub*\"]\n    to: { gid: 1 }\n",
            "- id: s6-everybody-retrieve\n    permit: [open]\n    capability: [\"s6/pub*\"]\n    to: anyone\n",
            "- id: s6-nobody-lists\n    forbid: [list]\n    capability: [\"s6/**\"]\n    to: anyone\n",
            "# gid/1 permits a part of what uid/default does",
        ] { #expect(result.text.contains(rule), "\(rule)\(result.text)") }
    }

    @Test("What cannot be said stands in the file and on standard error, and the status is 1")
    func remarks() async throws {
        let result = try await imported([
            "uid/5/allow": "", "uid/5/env/S6_FDHOLDER_RETRIEVE_REGEX": "^a[0-9]+$\n", "uid/05/allow": "",
            "uid/6/allow": "", "uid/6/env/S6_FDHOLDER_STORE_REGEX": "(\n", "uid/6/env/S6_FDHOLDER_LIST": "\n",
            "uid/8/allow": "", "uid/8/env/S6_FDHOLDER_LIST": "", "uid/8/env/S6_FDHOLDER_LISTS": "\n",
        ])
        #expect(result.status == .exited(1))
        for text in [
            "uid/5/env/S6_FDHOLDER_RETRIEVE_REGEX: '^a[0-9]+$' is more than patterns say", "uid/05 has no effect",
            "uid/6/env/S6_FDHOLDER_STORE_REGEX: '(' is no expression", "uid/8/env/S6_FDHOLDER_LISTS has no effect",
        ] {
            #expect(
                result.errorText.contains(text) && result.text.contains("# \(text)"), "\(text)\n\(result.errorText)")
        }
        #expect(!result.text.contains("permit:"), "\(result.text)")
    }

    @Test("self needs to be told who that is, and a directory without rules is none")
    func selfAndNothing() async throws {
        let rules = ["uid/self/allow": "", "uid/self/env/S6_FDHOLDER_STORE_REGEX": "\n", "uid/9/deny": ""]
        let unknown = try await imported(rules)
        #expect(unknown.status == .exited(2) && unknown.errorText.contains("--uid N"), "\(unknown.errorText)")
        let known = try await imported(rules, "--uid", "9", "--prefix", "held/fds")
        #expect(known.status == .exited(0), "\(known.errorText)")
        #expect(known.text.contains("capability: [\"held/fds/*\"]\n    to: { uid: 9 }"), "\(known.text)")
        #expect(try await imported(["other/file": ""]).status == .exited(1))
        #expect(try await imported([:]).status == .exited(4))
        let missing = try await Command(BuiltProgram.path("vault"), arguments: ["import", "s6-rules", "/nonexistent"])
            .run()
        #expect(
            missing.errorText.hasPrefix("vault: import s6-rules: /nonexistent: No such file"), "\(missing.errorText)")
    }
}

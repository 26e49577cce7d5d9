// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultTestKit

@Suite("policy")
struct PolicyTests {
    private func directory() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try directory.write("vault: 1\n", to: "b.yaml")
        try directory.write("vault: 1\nrules: [raed]\n", to: "a.yaml")
        try directory.write("ignored", to: "notes.txt")
        return directory
    }

    @Test("apply sends every *.yaml of a directory in order, and shows what changed")
    func applies() async throws {
        let directory = try directory()
        let broker = try FakeBroker { call in
            .reply([
                "revision": 4, "record": 40, "problems": [],
                "changes": [["kind": "rule.add", "after": #"{"id":"web","permit":["open"]}"#]],
            ])
        }
        let result = try await broker.vault("policy", "apply", directory.path.string, "--reason", "new")
        #expect(result.status.isSuccess)
        #expect(
            result.text == """
                rule.add
                +   - id: web
                +     permit: [open]
                revision 4 is in force (record 40)

                """)
        let files = broker.calls[0].parameters["files"]
        #expect(files?[0] == ["path": .string("\(directory.path)/a.yaml"), "text": "vault: 1\nrules: [raed]\n"])
        #expect(files?[1]?["path"] == .string("\(directory.path)/b.yaml"))
        #expect(files?.array?.count == 2)
        #expect(broker.calls[0].parameters["reason"] == "new")
    }

    @Test("mistakes are shown with their place and line, nothing is applied, and the status is 1")
    func showsMistakes() async throws {
        let directory = try directory()
        let broker = try FakeBroker { call in
            let path = call.parameters["files"]?[0]?["path"] ?? ""
            return .reply([
                "changes": [],
                "problems": [["path": path, "line": 2, "column": 9, "message": "no rule", "remedy": "write one"]],
            ])
        }
        let result = try await broker.vault("policy", "apply", directory.path.string)
        #expect(result.status == .exited(1))
        #expect(
            result.errorText == """
                \(directory.path)/a.yaml:2:9: no rule
                    rules: [raed]
                            ^
                  write one
                vault: policy apply: this policy cannot be applied: nothing was changed
                Try: vault policy check with the corrected files

                """)
        #expect(try await broker.vault("policy", "apply", "--dry-run", directory.path.string).status == .exited(1))
    }

    @Test("warnings do not keep it from being applied")
    func showsWarnings() async throws {
        let directory = try directory()
        let broker = try FakeBroker { _ in
            .reply([
                "changes": [],
                "problems": [["path": "x", "line": 0, "column": 0, "message": "warning: odd", "remedy": "look"]],
            ])
        }
        let result = try await broker.vault("policy", "apply", "--dry-run", directory.path.string)
        #expect(result.status.isSuccess)
        #expect(result.text == "no difference\n")
        #expect(result.errorText == "x: warning: odd\n  look\n")
    }

    @Test("dropping all rules needs to be said; an unreadable file is the system's error")
    func refusesArguments() async throws {
        let broker = try FakeBroker { _ in .reply(["revision": 2, "record": 1, "changes": [], "problems": []]) }
        let empty = try TemporaryDirectory()
        #expect(try await broker.vault("policy", "apply").status == .exited(2))
        #expect(try await broker.vault("policy", "apply", empty.path.string).status == .exited(2))
        let missing = try await broker.vault("policy", "apply", "/nonexistent.yaml")
        #expect(missing.status == .exited(4))
        #expect(missing.errorText.hasPrefix("vault: policy apply: /nonexistent.yaml: No such file or directory\n"))
        #expect(broker.calls.isEmpty)
        #expect(try await broker.vault("policy", "apply", "--empty").status.isSuccess)
        #expect(broker.calls[0].parameters == ["files": []])
    }

    @Test("show writes the rules as a policy file has them")
    func shows() async throws {
        let broker = try FakeBroker { _ in
            .reply([
                "revision": 3,
                "rules": [
                    [
                        "id": "web", "origin": "a.yaml:3", "suspended": true,
                        "document": #"{"id":"web","permit":["open"],"capability":["logs/*"],"to":{"uid":["0"]}}"#,
                    ]
                ],
            ])
        }
        let result = try await broker.vault("policy", "show", "--revision", "3")
        #expect(
            result.text == """
                # revision 3
                vault: 1

                rules:
                  # a.yaml:3, suspended
                  - id: web
                    permit: [open]
                    capability: ["logs/*"]
                    to: { uid: [0] }

                """)
        #expect(broker.calls[0].parameters == ["revision": 3])
        let directory = try TemporaryDirectory()
        let path = try directory.write(
            result.text + "capabilities:\n  - name: logs/web\n    file: { path: /x }\n", to: "a.yaml")
        let check = try await Command(BuiltProgram.path("vault"), arguments: ["policy", "check", path.string]).run()
        #expect(check.status.isSuccess, "\(check.text)")
    }
}

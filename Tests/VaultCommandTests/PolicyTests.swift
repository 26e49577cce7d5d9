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

    /// What is said of the file that is none of the policy's.
    private static func unread(_ directory: TemporaryDirectory) -> String {
        """
        \(directory.path)/notes.txt: warning: this file is not read: only names that end in .yaml are
          rename it to a name that ends in .yaml, or move it out of the directory

        """
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
            result.errorText == Self.unread(directory) + """
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
        #expect(result.errorText == Self.unread(directory) + "x: warning: odd\n  look\n")
    }

    @Test("apply says that it is the source now, and what a reload would bring back")
    func tellsTheSource() async throws {
        let directory = try directory()
        let broker = try FakeBroker { _ in
            .reply([
                "revision": 4, "record": 40, "problems": [], "changes": [], "source": "command", "directory": "/etc/p",
                "reloadChanges": [["kind": "rule.remove", "before": #"{"id":"web","permit":["open"]}"#]],
            ])
        }
        let result = try await broker.vault("policy", "apply", directory.path.string)
        #expect(
            result.text == """
                revision 4 is in force (record 40)
                the source of the policy is this command, not the directory /etc/p
                a reload or start after a change in /etc/p replaces it, which would now be:
                  rule.remove web

                """)
    }

    @Test("reload shows what changes and what is warned of, and passes on why; a dry run says that nothing changed")
    func reloads() async throws {
        let broker = try FakeBroker { call in
            let isDryRun = call.parameters["dryRun"] == true
            return .reply([
                "revision": 5, "record": isDryRun ? .null : 41, "source": "directory", "directory": "/etc/p",
                "changes": [["kind": "rule.add", "after": #"{"id":"web"}"#]],
                "problems": [
                    ["path": "/etc/p/x.yml", "line": 0, "column": 0, "message": "warning: odd", "remedy": "look"]
                ],
            ])
        }
        let result = try await broker.vault("reload", "--reason", "new")
        #expect(result.text == "rule.add\n+   - id: web\nrevision 5 is in force (record 41)\n")
        #expect(result.errorText == "/etc/p/x.yml: warning: odd\n  look\n")
        #expect(broker.calls[0].parameters == ["reason": "new"])
        let dry = try await broker.vault("reload", "--dry-run")
        #expect(dry.text == "rule.add\n+   - id: web\nnothing was changed: revision 5 is in force\n")
    }

    @Test("a reload that is refused fails with the place and what to do")
    func refusedReload() async throws {
        let broker = try FakeBroker { _ in
            .error(
                "io.vaultd.Admin.PolicyRefused",
                ["problems": [["path": "/etc/p/x.yaml", "line": 2, "column": 3, "message": "odd", "remedy": "look"]]])
        }
        let result = try await broker.vault("reload")
        #expect(result.status == .exited(1))
        #expect(result.errorText == "vault: reload: /etc/p/x.yaml:2:3: odd\nTry: look\n")
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

    @Test("show --files shows the files as they were applied, and says when there are none")
    func showsFiles() async throws {
        let broker = try FakeBroker { call in
            let files: JSONValue =
                call.parameters["revision"] == 1
                ? [] : [["path": "a.yaml", "text": "# mine\nvault: 1\n"], ["path": "b.yaml", "text": "x: \u{1B}[2J"]]
            return .reply(["revision": call.parameters["revision"] ?? 3, "rules": [], "files": files])
        }
        #expect(
            try await broker.vault("policy", "show", "--files").text == """
                # revision 3: a.yaml
                # mine
                vault: 1

                # revision 3: b.yaml
                x: \\x1b[2J

                """)
        #expect(broker.calls[0].parameters == ["files": true])
        #expect(
            try await broker.vault("policy", "show", "--files", "--revision", "1").text == "# revision 1 has no files\n"
        )
    }

    @Test("explain shows for each rule what was wanted and found, of a record or of somebody who would ask")
    func explains() async throws {
        let broker = try FakeBroker { _ in
            .reply([
                "decision": "deny", "rules": [],
                "findings": [
                    [
                        "rule": "web", "selector": "unit", "wanted": "nginx.service", "got": "cron.service",
                        "matched": false,
                    ],
                    ["rule": "web", "selector": "uid", "wanted": "33", "got": "33", "matched": true],
                    ["rule": "other", "selector": "capability", "wanted": "x/**", "got": "logs/web", "matched": false],
                    ["rule": "no-root", "selector": "label", "wanted": "x", "got": nil, "matched": nil],
                ],
            ])
        }
        let record = try await broker.vault("policy", "explain", "17")
        #expect(
            record.text == """
                deny by no rule
                RULE     SELECTOR  WANTED         GOT           MATCHED
                web      unit      nginx.service  cron.service  no
                web      uid       33             33            yes
                no-root  label     x              ?             unknown
                1 rule is about something else: --all

                """)
        let all = try await broker.vault("policy", "explain", "17", "--all")
        #expect(all.text.hasSuffix("unknown\nother    capability  x/**           logs/web      no\n"), "\(all.text)")
        #expect(broker.calls[0].parameters == ["record": 17])
        let words = [
            "--uid", "33", "--unit", "cron.service", "--name", "logs/web", "--rights", "read,write", "--action", "open",
            "--at", "1970-01-02T00:00:00Z",
        ]
        #expect(record.status == .exited(1))
        #expect(try await broker.command(["policy", "explain"] + words).run().status == .exited(1))
        #expect(
            broker.calls[2].parameters == [
                "subject": ["uid": 33, "unit": "cron.service"], "action": "open", "name": "logs/web",
                "rights": ["read", "write"], "atUSec": 86_400_000_000,
            ])
        for words in [[], ["17", "--uid", "33"]] {
            let neither = try await broker.command(["policy", "explain"] + words).run()
            #expect(neither.status == .exited(2))
            #expect(
                neither.errorText.hasPrefix("vault: policy explain: say either which record, or who asks for what\n"))
        }
    }

    @Test("replay lists what would come out otherwise, and counts what was decided again")
    func replays() async throws {
        let broker = try FakeBroker { _ in
            .reply(
                ["record": 17, "before": "permit", "after": "deny", "rules": ["no-root", "late"]],
                ["rules": [], "decided": 1200, "changed": 1])
        }
        try broker.directory.write("vault: 1\n", to: "a.yaml")
        let result = try await broker.vault("policy", "replay", "a.yaml", "--since", "1970-01-02T00:00:00Z")
        #expect(
            result.text == """
                RECORD  BEFORE  AFTER  RULES
                    17  permit  deny   no-root,late
                1200 requests decided again, 1 come out otherwise

                """)
        #expect(
            broker.calls[0].parameters == [
                "files": [["path": "a.yaml", "text": "vault: 1\n"]], "sinceUSec": 86_400_000_000,
            ])
        let lines = try await broker.vault("policy", "replay", "a.yaml", "-o", "jsonl").text
        #expect(lines.split(separator: "\n").count == 1)
    }

    @Test("who-can and what-can say by which rule, and on what it still depends")
    func answers() async throws {
        let broker = try FakeBroker { _ in
            .reply([
                "answers": [
                    [
                        "subject": ["uid": 33, "unit": "nginx.service"], "name": "logs/web",
                        "rights": ["read", "append"],
                        "rule": "web", "conditions": ["hours: 08:00-18:00", "reason: required"],
                    ],
                    ["subject": [:], "name": "public/**", "rights": ["read"], "rule": "all", "conditions": []],
                ]
            ])
        }
        let text = """
            WHO                         CAPABILITY  RIGHTS       RULE  IF
            uid:33 unit:nginx.service   logs/web    read,append  web   hours: 08:00-18:00, reason: required
            anyone                      public/**   read         all   always

            """
        let who = try await broker.vault("policy", "who-can", "logs/web", "--action", "remove")
        #expect(
            who.text.split(separator: "\n").map { $0.split(separator: " ") }
                == text.split(separator: "\n").map { $0.split(separator: " ") })
        #expect(broker.calls[0].parameters == ["name": "logs/web", "action": "remove"])
        let what = try await broker.vault("policy", "what-can", "--uid", "33", "--group", "0", "--exe", "/bin/cat")
        #expect(what.text == who.text)
        #expect(broker.calls[1].parameters == ["subject": ["uid": 33, "gid": 0, "exe": "/bin/cat"]])
        let nobody = try await broker.vault("policy", "what-can")
        #expect(nobody.status == .exited(2))
        #expect(nobody.errorText == "vault: policy what-can: who?\nTry: vault policy what-can --user alice\n")
    }
}

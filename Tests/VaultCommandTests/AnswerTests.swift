// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import TerminalKit
import Testing
import VaultTestKit

@Suite("What vault makes of the broker's answers")
struct AnswerTests {
    @Test("a listing comes in pages; text is aligned and escaped, without colours in a pipe")
    func listings() async throws {
        @Sendable func capability(_ name: String, _ state: String, _ problem: JSONValue) -> JSONValue {
            [
                "name": .string(name), "kind": "file", "rights": ["read", "write"], "origin": "opened",
                "delivery": "fresh",
                "revocation": "none", "state": .string(state), "problem": problem,
            ]
        }
        let broker = try FakeBroker { _ in
            .reply(
                ["capabilities": [capability("logs/web", "ready", nil)]],
                ["capabilities": [capability("x", "failed", "\u{1B}[2J\n")]])
        }
        let text = try await broker.vault("list", "logs/**")
        #expect(
            text.text == """
                NAME      KIND  RIGHTS      ORIGIN  DELIVERY  REVOCATION  STATE
                logs/web  file  read,write  opened  fresh     none        ready
                x         file  read,write  opened  fresh     none        failed: \\x1b[2J\\n

                """)
        #expect(
            broker.calls == [.init(method: "io.vaultd.Broker.List", parameters: ["pattern": "logs/**"], more: true)])
        let lines = try await broker.vault("list", "-o", "jsonl").text.split(separator: "\n")
        #expect(try lines.map { try JSONValue(parsing: String($0))["name"] } == ["logs/web", "x"])
        let array = try await JSONValue(parsing: broker.vault("list", "--output", "json").text)
        #expect(array[1]?["problem"] == "\u{1B}[2J\n")
    }

    @Test("an empty listing is done")
    func emptyListings() async throws {
        let broker = try FakeBroker { _ in .reply(["capabilities": []]) }
        let text = try await broker.vault("list")
        #expect(text.status.isSuccess && text.output.isEmpty && text.errors.isEmpty)
        #expect(try await broker.vault("list", "--output", "json").text == "[]\n")
        #expect(try await broker.vault("list", "--output", "jsonl").text == "")
    }

    @Test("whoami tells why a fact is unknown")
    func identity() async throws {
        let broker = try FakeBroker { _ in
            .reply([
                "identity": [
                    "uid": 1000, "groups": [4, 1000], "label": nil,
                    "unknown": ["exe": "gone", "unit": "no rule asks for it"], "new": [1, 2],
                ]
            ])
        }
        #expect(
            try await broker.vault("whoami").text == """
                uid     1000
                groups  4 1000
                label   none
                new     1 2
                exe     unknown: gone
                unit    unknown: no rule asks for it

                """)
    }

    @Test("grant sends the rule as a document, and says how to undo it")
    func grants() async throws {
        let broker = try FakeBroker { _ in .reply(["rule": "granted-4", "record": 21]) }
        let result = try await broker.vault(
            "grant", "logs/*", "--to", "user:alice", "--to", "group:adm,staff", "--rights", "read", "--lease",
            "10 minutes",
            "--uses", "2", "--reason", "ticket")
        #expect(result.text == "rule granted-4 is in force (record 21)\nundo: vault revoke granted-4\n")
        let call = try #require(broker.calls.first)
        #expect(call.method == "io.vaultd.Admin.Grant")
        #expect(call.parameters["reason"] == "ticket")
        #expect(call.parameters["dryRun"] == nil)
        #expect(
            call.parameters["document"] == """
                {"permit":["open"],"capability":["logs/*"],"to":{"user":["alice"],"group":["adm","staff"]},"rights":["read"],\
                "lease":"10m","uses":2}
                """)
    }

    @Test("what is wrong with a rule is told with its remedy; several mistakes each have their lines")
    func refusedRules() async throws {
        @Sendable func problem(_ path: String, _ line: Int64, _ message: String) -> JSONValue {
            [
                "path": .string(path), "line": .integer(line), "column": 3, "message": .string(message),
                "remedy": "create the user",
            ]
        }
        let name = "io.vaultd.Admin.PolicyRefused"
        let one = try FakeBroker { _ in .error(name, ["problems": [problem("document", 1, "there is no user 'x'")]]) }
        let result = try await one.vault("grant", "a", "--to", "user:x")
        #expect(result.status == .exited(1))
        #expect(result.errorText == "vault: grant: there is no user 'x'\nTry: create the user\n")
        let two = try FakeBroker { _ in
            .error(name, ["problems": [problem("a.yaml", 7, "m"), problem("b.yaml", 0, "n")]])
        }
        let reload = try await two.vault("reload")
        #expect(
            reload.errorText == """
                a.yaml:7:3: m
                  create the user
                b.yaml: n
                  create the user
                vault: reload: nothing was changed
                Try: the same again when that is corrected

                """)
    }

    @Test("a revocation that leaves another rule in force ends with 1 and names it")
    func revocations() async throws {
        let broker = try FakeBroker { call in
            .reply([
                "rules": ["granted-4"], "outcomes": [], "record": 30,
                "stillPermittedBy": call.parameters["from"] == nil ? [] : ["web (a.yaml:3)"],
            ])
        }
        let rule = try await broker.vault("revoke", "granted-4")
        #expect(rule.status.isSuccess)
        #expect(
            rule.text == "revoked granted-4 (record 30)\n"
                + "nothing went out under it since the daemon started: 'vault audit list --rule' shows what did before\n"
        )
        let pattern = try await broker.vault("revoke", "logs/**", "--from", "user:alice", "--dry-run")
        #expect(pattern.status == .exited(1))
        #expect(
            pattern.errorText == """
                vault: revoke: user:alice may still open it, by web (a.yaml:3)
                Try: vault revoke web, or a rule that forbids it: vault grant 'logs/**' --to user:alice --forbid

                """)
        #expect(broker.calls[0].parameters == ["rule": "granted-4"])
        let fragile = try FakeBroker { _ in
            .reply(["rules": ["granted-4"], "outcomes": [], "stillPermittedBy": [], "durable": false])
        }
        let result = try await fragile.vault("revoke", "granted-4")
        #expect(result.status == .exited(3))
        #expect(result.text.hasPrefix("revoked granted-4\n"))
        #expect(result.errorText.hasPrefix("vault: revoke: it holds, but nothing could be written"))
        #expect(broker.calls[1].parameters == ["pattern": "logs/**", "from": "user:alice", "dryRun": true])
    }

    @Test("add makes paths absolute, and says that nobody may open it yet, or who may")
    func additions() async throws {
        let rule: JSONValue = [
            "id": "owner", "origin": "bootstrap", "suspended": false,
            "document": #"{"id":"owner","permit":["open"],"capability":["**"],"to":{"user":["root"]}}"#,
        ]
        let rules = FakeBroker.Answer.reply(["revision": 1, "rules": [rule]])
        let broker = try FakeBroker { call in
            if call.method.hasSuffix("Rules") { return rules }
            return .reply(["record": 8])
        }
        let result = try await broker.vault("add", "logs/web", "file", "access.log", "--rights", "read,append")
        #expect(result.text == "added logs/web (record 8)\nmay be opened by user:root, rule owner\n")
        #expect(
            broker.calls[0].parameters["document"]
                == .string(
                    #"{"name":"logs/web","file":{"path":"\#(broker.directory.path)/access.log","rights":["read","append"]}}"#
                ))
        let empty = try FakeBroker { call in
            .reply(call.method.hasSuffix("Rules") ? ["revision": 1, "rules": []] : ["record": 9])
        }
        #expect(
            try await empty.vault("add", "p", "pipe").text
                == "added p (record 9)\nnobody may open it yet: vault grant p --to user:NAME\n")
    }

    @Test("a removal is one call, and a refusal of it one record")
    func removals() async throws {
        let broker = try FakeBroker { _ in .reply(["record": 12]) }
        #expect(try await broker.vault("remove", "a").text == "removed a (record 12)\n")
        #expect(try await broker.vault("remove", "a", "--reason", "old").status.isSuccess)
        #expect(broker.calls.map(\.method) == ["io.vaultd.Broker.Remove", "io.vaultd.Admin.RemoveCapability"])
        #expect(broker.calls[1].parameters == ["name": "a", "reason": "old"])
        let denying = try FakeBroker { _ in
            .error("io.vaultd.Broker.Denied", ["name": "a", "record": 11, "message": "not permitted"])
        }
        let denied = try await denying.vault("remove", "a")
        #expect(denied.status == .exited(1))
        #expect(denied.errorText.hasPrefix("vault: remove: a: not permitted, record 11\n"))
        #expect(denying.calls.count == 1)
    }

    @Test("more names than one call takes are refused before it")
    func manyNames() async throws {
        let broker = try FakeBroker { _ in .hangUp }
        let names = (0..<254).map { "n/\($0)" }
        #expect(try await broker.command(["cat"] + names).run().status == .exited(2))
        #expect(broker.calls.isEmpty)
    }

    @Test("the newest records are asked for from the end and shown in their order")
    func newestRecords() async throws {
        let broker = try FakeBroker { _ in
            .reply([
                "entries": [["record": 9, "text": #"{"type":"stop"}"#], ["record": 8, "text": #"{"type":"start"}"#]],
                "cursor": "",
            ])
        }
        let result = try await broker.vault(
            "audit", "list", "-n", "2", "--since", "1970-01-02T00:00:00Z", "--output", "jsonl")
        #expect(result.text == "{\"type\":\"start\"}\n{\"type\":\"stop\"}\n")
        let left: JSONValue = ["delivery", "audit.read"]
        #expect(
            broker.calls[0].parameters == [
                "filter": ["sinceUSec": 86_400_000_000, "notType": left], "limit": 2, "reverse": true,
            ])
        let reverse = try await broker.vault(
            "audit", "list", "-n", "2", "--reverse", "--user", "root", "--decision", "deny")
        #expect(reverse.text.split(separator: "\n").map { $0.split(separator: " ")[1] } == ["RECORD", "9", "8"])
        #expect(
            broker.calls[1].parameters == [
                "filter": ["uid": [0], "notType": left, "decision": "deny"], "limit": 2, "reverse": true,
            ])
    }

    @Test("deliveries and readings are left out unless they are asked for, or everything is")
    func chosenTypes() async throws {
        let broker = try FakeBroker { _ in .reply(["entries": [], "cursor": "i:0"]) }
        func filter(_ words: String...) async throws -> JSONValue? {
            let result = try await broker.command(["audit", "list"] + words).run()
            #expect(result.status.isSuccess, "\(result.errorText)")
            return broker.calls.last?.parameters["filter"]
        }
        #expect(try await filter() == ["notType": ["delivery", "audit.read"]])
        #expect(try await filter("--all") == nil)
        #expect(try await filter("--type", "delivery") == ["type": ["delivery"]])
        #expect(try await filter("--not-type", "deny", "--not-type", "start") == ["notType": ["deny", "start"]])
        #expect(try await filter("--request", "r") == ["request": "r"])
        #expect(try await filter("--cursor-file", "place") == nil)
    }

    @Test("times may be relative, with a minus, and -n may have its value attached")
    func attachedValues() async throws {
        let broker = try FakeBroker { _ in .reply(["entries": [], "cursor": "i:0"]) }
        let before = LocalTime.now
        for words in [["--since", "-1h"], ["--since=-1h"], ["--since", "1h ago"]] {
            let result = try await broker.command(["audit", "list", "-n3"] + words).run()
            #expect(result.status.isSuccess, "\(result.errorText)")
            let parameters = try #require(broker.calls.last?.parameters)
            #expect(parameters["limit"] == 3)
            let since = try #require(parameters["filter"]?["sinceUSec"]?.integer)
            #expect((before - 3_600_000_000...LocalTime.now - 3_600_000_000).contains(since))
        }
        for words in [["--until", "-1h"], ["--since", "--reverse"]] {
            let result = try await broker.command(["audit", "list"] + words).run()
            #expect(result.status == .exited(words[1] == "-1h" ? 0 : 2), "\(result.errorText)")
        }
    }

    @Test("times are shown in the local zone with its offset")
    func localTimes() async throws {
        let broker = try FakeBroker { _ in
            .reply([
                "entries": [["record": 1, "text": #"{"type":"start","timeUSec":1795241700123456}"#]], "cursor": "",
            ])
        }
        let result = try await broker.vault("audit", "list", environment: ["TZ=IST-5:30"])
        #expect(result.text.contains("2026-11-21T11:45:00.123+05:30       1  start\n"))
    }

    @Test("what the shell is to complete comes from the broker")
    func completions() async throws {
        let broker = try FakeBroker { _ in
            .reply([
                "capabilities": .array(
                    ["logs/web", "logs/x", "web/y"].map { name in
                        [
                            "name": .string(name), "kind": "file", "rights": [], "origin": "opened",
                            "delivery": "fresh",
                            "revocation": "none", "state": "ready",
                        ]
                    })
            ])
        }
        let result = try await broker.vault(
            "---completion", "cat", "--", "positional@0", "2", "5", "vault", "cat", "logs/",
            environment: ["SAP_SHELL=bash", "SAP_SHELL_VERSION=5"])
        #expect(result.text.split(separator: "\n").prefix(2) == ["logs/web", "logs/x"])
    }
}

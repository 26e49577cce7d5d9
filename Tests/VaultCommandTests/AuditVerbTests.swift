// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import Testing
import VaultTestKit

@testable import vault

@Suite("Verbs of the audit log")
struct AuditVerbTests {
    private static let entry: JSONValue = ["record": 9, "text": #"{"type":"stop"}"#]

    @Test("a checkpoint is printed as it is, the key alone, a consistency proof before its checkpoint")
    func checkpoints() async throws {
        let log = try TestLog(300)
        let broker = try FakeBroker { log.answer($0) }
        #expect(try await broker.vault("audit", "checkpoint").text == log.note.published)
        #expect(try await broker.vault("audit", "key").text == log.key + "\n")
        let since = try await broker.vault("audit", "checkpoint", "--since", "256").text
        #expect(since.hasSuffix("\n\n" + log.note.published))
        #expect(broker.calls.last?.parameters == ["since": 256])
        let json = try await JSONValue(parsing: broker.vault("audit", "checkpoint", "-o", "json").text)
        #expect(json["note"] == .string(log.note.published))
    }

    @Test("an answer that would move the terminal is not printed")
    func hostileNotes() async throws {
        let broker = try FakeBroker { _ in .reply(["note": "a\u{1B}[2J\n1\n\n", "key": "k", "consistency": []]) }
        let result = try await broker.vault("audit", "checkpoint")
        #expect(result.status == .exited(5))
        #expect(result.output.isEmpty)
    }

    @Test("a summary says what was counted, and how many in all")
    func summaries() async throws {
        let broker = try FakeBroker { call in
            call.parameters["by"] == "time"
                ? .reply(["counts": [["key": "1795224000000000", "grants": 3, "denials": 0]]])
                : .reply([
                    "counts": [
                        ["key": "logs/web", "grants": 1200, "denials": 3, "missing": 7],
                        ["key": "", "grants": 0, "denials": 40],
                        ["key": "a\u{1B}\nb", "grants": 1, "denials": 0],
                    ]
                ])
        }
        let result = try await broker.vault("audit", "summary", "--by", "capability", "--decision", "deny")
        #expect(
            result.text == """
                CAPABILITY  GRANTS  DENIALS  MISSING
                logs/web      1200        3        7
                (none)           0       40        0
                a\\x1b\\nb         1        0        0
                1201 grants, 43 denials; 7 of the grants never arrived

                """)
        #expect(broker.calls[0].parameters == ["by": "capability", "filter": ["decision": "deny"]])
        let rules = try await broker.vault("audit", "summary", "--by", "rule", "-n", "2", "-o", "jsonl")
        #expect(rules.text.split(separator: "\n").count == 2)
        let command = broker.command(["audit", "summary", "--by", "time", "--every", "15m"], environment: ["TZ=UTC"])
        #expect(try await command.run().text.contains("2026-11-21T01:20:00.000+00:00       3        0        0\n"))
        #expect(broker.calls.last?.parameters == ["by": "time", "everyUSec": 900_000_000])
        #expect(try await broker.vault("audit", "summary", "--by", "user", "--every", "1h").status == .exited(2))
    }

    @Test("a cosignature is sent, and a refusal told")
    func cosignatures() async throws {
        let broker = try FakeBroker { call in
            call.parameters["note"] == "good\n"
                ? .reply(["record": 12])
                : .error("io.vaultd.Audit.NoteRefused", ["message": "it is about another log"])
        }
        try broker.directory.write("good\n", to: "good")
        try broker.directory.write("bad\n", to: "bad")
        #expect(try await broker.vault("audit", "add-cosignature", "good").text == "kept (record 12)\n")
        let bad = try await broker.vault("audit", "add-cosignature", "bad")
        #expect(bad.status == .exited(1))
        #expect(
            bad.errorText.hasPrefix(
                "vault: audit add-cosignature: it is about another log\nTry: vault audit checkpoint"))
        #expect(try await broker.vault("audit", "add-cosignature", "missing").status == .exited(4))
    }

    @Test("--follow prints the newest, then what comes, each once")
    func follows() async throws {
        let broker = try FakeBroker { call in
            func entry(_ record: Int64) -> JSONValue {
                ["record": .integer(record), "text": .string(#"{"n":\#(record)}"#)]
            }
            return .reply(
                ["entries": [entry(8)], "cursor": "i:9"], ["entries": [entry(9), entry(10)], "cursor": "i:11"])
        }
        let result = try await broker.vault("audit", "list", "--follow", "-n", "2", "-o", "jsonl", "--type", "deny")
        // The broker's last reply is its stop: there is no end to following.
        #expect(result.status == .exited(3))
        #expect(result.errorText.hasPrefix("vault: audit list: the broker stopped, "))
        #expect(result.text == (8...10).map { "{\"n\":\($0)}\n" }.joined())
        let filter: JSONValue = ["type": ["deny"]]
        #expect(broker.calls.map(\.parameters) == [["filter": filter, "follow": true, "last": 2]])
        let since = try await broker.vault(
            "audit", "list", "--follow", "--since", "1970-01-02T00:00:00Z", "-o", "jsonl")
        #expect(broker.calls.last?.parameters["last"] == nil)
        #expect(since.text == (8...10).map { "{\"n\":\($0)}\n" }.joined())
        for words in [["--reverse"], ["-o", "json"], ["--until", "now"], ["-n", "1", "--cursor-file", "c"]] {
            #expect(try await broker.command(["audit", "list", "--follow"] + words).run().status == .exited(2))
        }
    }

    @Test("--cursor-file goes on where the listing before ended; a place that is lost has status 6 and stays as it is")
    func cursorFiles() async throws {
        let broker = try FakeBroker { call in
            switch call.parameters["cursor"]?.string {
            case nil: .reply(["entries": [Self.entry], "cursor": "i:10"])
            case "i:10": .reply(["entries": [], "cursor": "i:10"])
            default: .error("io.vaultd.Audit.CursorLost", ["cursor": "i:99", "message": "the log has 10 records"])
            }
        }
        let words = ["audit", "list", "--cursor-file", "place", "-o", "jsonl"]
        #expect(try await broker.command(words).run().text == "{\"type\":\"stop\"}\n")
        #expect(try broker.directory.read("place") == "i:10\n")
        #expect(try await broker.command(words).run().text == "")
        try broker.directory.write("i:99\n", to: "place")
        let lost = try await broker.command(words).run()
        #expect(lost.status == .exited(6))
        #expect(
            lost.errorText.hasPrefix(
                "vault: audit list: the place to go on from is lost: the log has 10 records\nTry: vault audit verify --from"
            ))
        #expect(try broker.directory.read("place") == "i:99\n")
    }

    @Test("a file is not written through a link that somebody else has put where the draft of it would be")
    func draftIsNobodys() async throws {
        let broker = try FakeBroker { _ in .reply(["entries": [Self.entry], "cursor": "i:10"]) }
        try broker.directory.write("kept", to: "victim")
        // The shell becomes the program: the id of the process is known before it runs.
        let program = BuiltProgram.path("vault")
        var command = Command(
            "/bin/sh",
            arguments: [
                "-c", "ln -s victim place.new-$$; ln -s nowhere place.$$; exec \"$@\"", "sh", program.string,
                "audit", "list", "--cursor-file", "place", "-o", "jsonl",
            ])
        command.environment = broker.command([]).environment
        command.directory = broker.directory.path
        #expect(try await command.run().status.isSuccess)
        #expect(try broker.directory.read("victim") == "kept")
        #expect(try broker.directory.read("place") == "i:10\n")
        #expect(access(broker.directory.path("nowhere").string, F_OK) != 0)
    }

    @Test("what is asked for and cannot be is refused with what could be")
    func mistakes() async throws {
        let broker = try FakeBroker { call in
            let parameter = call.method.hasSuffix("Export") ? "from" : "cursor"
            return .error("org.varlink.service.InvalidParameter", ["parameter": .string(parameter)])
        }
        for type in ["GRANT", "grant,deny", ""] {
            let result = try await broker.vault("audit", "list", "--type", type)
            #expect(result.status == .exited(2))
            #expect(result.errorText.contains(" start, stop, open.failed, policy.apply, "), "\(result.errorText)")
        }
        #expect(try await broker.vault("audit", "list", "--pid=-5").status == .exited(2))
        #expect(try await broker.vault("audit", "prune", "--before", "5", "--archive", "-").status == .exited(2))
        #expect(try await broker.vault("audit", "export", "--from", "5", "--to", "3").status == .exited(2))
        #expect(broker.calls.isEmpty)
        let export = try await broker.vault("audit", "export", "--from", "99999")
        #expect(export.errorText.contains("\nTry: a record that the log has"))
        try broker.directory.write("i:-1:x\n", to: "place")
        let place = try await broker.vault("audit", "list", "--cursor-file", "place")
        #expect(place.status == .exited(2))
        #expect(place.errorText.hasPrefix("vault: audit list: place: this is no place in a log: 'i:-1:x'\n"))
        let by = try await broker.vault("audit", "summary", "--by", "nope")
        #expect(by.status == .exited(2) && !by.errorText.contains("  "), "\(by.errorText)")
    }

    @Test("what was pruned is told with where it is")
    func prunedRecords() async throws {
        let broker = try FakeBroker { _ in .error("io.vaultd.Audit.Pruned", ["record": 3, "before": 512]) }
        let result = try await broker.vault("audit", "show", "3")
        #expect(result.status == .exited(1))
        #expect(
            result.errorText == """
                vault: audit show: record 3 was pruned: the log holds texts from record 512 on
                Try: the archive that 'vault audit prune' wrote then

                """)
    }

    @Test("prune asks where the records are to go, and tells what would go")
    func prunes() async throws {
        let log = try TestLog(700)
        let broker = try FakeBroker { log.answer($0) }
        let asked = try await broker.vault("audit", "prune", "--before", "600")
        #expect(asked.status == .exited(2))
        #expect(asked.errorText.contains("--archive FILE, or --without-archive"))
        #expect(
            try await broker.vault("audit", "prune", "--before", "now", "--dry-run").text
                == "would prune the texts of the records 0 to 255\n")
        #expect(
            try await broker.vault("audit", "prune", "--before", "200", "--without-archive").text
                == "nothing to prune: no group of 256 records is that old\n")
        #expect(!broker.calls.contains { $0.method.hasSuffix("Prune") })
        let result = try await broker.vault("audit", "prune", "--before", "300", "--without-archive", "-o", "json")
        #expect(try JSONValue(parsing: result.text) == ["record": 700, "before": 256, "records": 256])
        let dry = try await broker.vault("audit", "prune", "--before", "now", "--dry-run", "-o", "json")
        #expect(try JSONValue(parsing: dry.text) == ["before": 256, "records": 256, "dryRun": true])
        // A year is no record.
        let year = try await broker.vault("audit", "prune", "--before", "2026", "--dry-run")
        #expect(year.status == .exited(2))
        #expect(year.errorText.hasPrefix("vault: audit prune: --before 2026: the log has 700 records\n"))
        var rest = log
        rest.pruned = 256
        let later = try FakeBroker { [rest] in rest.answer($0) }
        for words in [["--archive", "old"], ["--without-archive"], ["--dry-run"]] {
            let again = try await later.command(["audit", "prune", "--before", "300"] + words).run()
            #expect(again.status.isSuccess)
            #expect(
                again.text
                    == "nothing to prune: no group of 256 records is that old; the texts of the records before 256 were pruned already\n"
            )
        }
    }

    @Test("a broker that does not know a method is told from one that refuses")
    func oldBrokers() async throws {
        let broker = try FakeBroker { .error("org.varlink.service.MethodNotFound", ["method": .string($0.method)]) }
        let result = try await broker.vault("audit", "verify")
        #expect(result.status == .exited(3))
        #expect(result.errorText.contains("this broker does not know io.vaultd.Audit.Checkpoint\n"))
        let receipt = try await broker.vault("audit", "verify-receipt", "r")
        #expect(receipt.status == .exited(3))
        #expect(receipt.errorText.contains("Try: --key, with what 'vault audit key' printed"))
    }
}

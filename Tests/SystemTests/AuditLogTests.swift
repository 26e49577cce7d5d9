// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// The log of a running daemon, asked by the command that a person has.
@Suite struct AuditLogTests {
    /// One call of many names is many records.
    private func grow(_ daemon: Daemon, by count: Int) async throws {
        let names = [String](repeating: "files/secret", count: min(count, 250))
        for _ in 0..<(count + names.count - 1) / names.count {
            let result = try await daemon.vaultCommand(["cat"] + names, uid: StandardVault.otherUser).run()
            try #require(result.status.isSuccess, "\(result.errorText)\(daemon.log)")
        }
    }

    /// What a command prints, which has to succeed.
    private func ask(_ daemon: Daemon, _ arguments: String...) async throws -> String {
        var command = daemon.vaultCommand(arguments)
        command.directory = daemon.directory.path
        let result = try await command.run()
        try #require(result.status.isSuccess, "\(arguments): \(result.text)\(result.errorText)\(daemon.log)")
        return result.text
    }

    @Test(
        "Outsiders agree: hashlib, cryptography and pymerkle check the root, an inclusion proof and the signature of a log",
        .enabled(if: Programs.preparedPython != nil, "needs pymerkle: Tests/PythonClient/prepare .build/python"))
    func outsiders() async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 1000)
        var paths: [String] = []
        for (name, arguments) in [
            ("key", ["key"]), ("checkpoint", ["checkpoint"]), ("records", ["export"]), ("receipt", ["prove", "517"]),
        ] {
            let text = try await daemon.vaultCommand(["audit"] + arguments).run().output
            paths.append(try daemon.directory.write(String(decoding: text, as: UTF8.self), to: name).string)
        }
        let script = Programs.checkout.appending("Tests/PythonClient/check_log.py").string
        let python = try #require(Programs.preparedPython)
        let result = try await Command(python, arguments: ["-W", "error", script] + paths).run()
        #expect(result.status.isSuccess, "\(result.errorText)")
        let words = result.text.split(separator: " ")
        #expect(Int(words.first ?? "").map { $0 >= 1000 } == true)
        #expect(result.text.contains(" records, record 517 of "))
        // A byte more or less is noticed.
        try daemon.directory.write(
            daemon.directory.read("records").replacing("files/secret", with: "files/sacret"), to: "records")
        #expect(try await !Command(python, arguments: ["-W", "ignore", script] + paths).run().status.isSuccess)
    }

    @Test("It verifies through the daemon and from its files, while it grows, with what was kept elsewhere")
    func verifies() async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 300)
        try daemon.directory.write(try await ask(daemon, "audit", "key"), to: "key")
        try daemon.directory.write(try await ask(daemon, "audit", "checkpoint"), to: "kept")
        try await grow(daemon, by: 300)
        let kept = ["--key", "key", "--from", "kept"]
        for source in [[], ["--database", daemon.state.appending("ledger.db").string]] {
            var command = daemon.vaultCommand(["audit", "verify"] + source + kept)
            command.directory = daemon.directory.path
            let result = try await command.run()
            #expect(result.status.isSuccess, "\(result.text)\(result.errorText)")
            #expect(result.text.hasSuffix("verdict     intact\n"))
            #expect(result.text.contains("\nkept        kept, of "))
            // The files that can be read are read, wherever the broker keeps them.
            #expect(result.text.hasPrefix("log         \(daemon.state)/ledger.db\n"), "\(result.text)")
        }
        #expect(try await ask(daemon, "audit", "checkpoint", "--since", "256").contains("\n\n"))
        // A receipt needs the key, and nothing of the daemon.
        _ = try await ask(daemon, "audit", "prove", "200", "--out", "receipt")
        try await daemon.terminate()
        let receipt = try await ask(daemon, "audit", "verify-receipt", "receipt", "--key", "key")
        #expect(receipt.contains(#"{"v":1,"index":200,"#))
    }

    @Test("Texts that were pruned are in an archive that verifies alone, and the rest verifies as before")
    func prunes() async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 800)
        try daemon.directory.write(try await ask(daemon, "audit", "checkpoint"), to: "kept")
        try daemon.directory.write(try await ask(daemon, "audit", "key"), to: "key")
        let told = try await ask(daemon, "audit", "prune", "--before", "300", "--archive", "one")
        #expect(told.hasPrefix("pruned: the log has texts from record 256 on (record "), "\(told)")
        _ = try await ask(daemon, "audit", "prune", "--before", "now", "--archive", "two")
        for (archive, records) in [("one", "256"), ("two", "256 to 511")] {
            let verdict = try await ask(daemon, "audit", "verify", "--archive", archive, "--key", "key")
            #expect(verdict.contains("records     \(records), all hashed again\n"), "\(verdict)")
        }
        #expect(
            try await ask(daemon, "audit", "verify", "--from", "kept", "--key", "key").contains(
                "records 0 to 511 were pruned"))
        let database = daemon.state.appending("ledger.db").string
        #expect(
            try await ask(daemon, "audit", "verify", "--database", database, "--from", "kept").hasSuffix("intact\n"))
        // What is gone can still be proved, with the line of the archive.
        _ = try await ask(daemon, "audit", "prove", "17", "--out", "receipt")
        let line = try daemon.directory.read("one").split(separator: "\n")[18]
        try daemon.directory.write(line + "\n", to: "line")
        _ = try await ask(daemon, "audit", "verify-receipt", "receipt", "--key", "key", "--record", "line")
        let shown = try await daemon.vault("audit", "show", "17")
        #expect(shown.status == .exited(1))
        #expect(
            shown.errorText.hasPrefix(
                "vault: audit show: record 17 was pruned: the log holds texts from record 512 on\n"))
        try await daemon.terminate()
        try await daemon.start()
        #expect(
            try await ask(daemon, "audit", "verify", "--from", "kept", "--key", "key").hasSuffix("verdict     intact\n")
        )
    }

    @Test(
        "What does not hash to its tile is not pruned: it is the evidence",
        .enabled(if: Command.find("sqlite3") != nil, "needs sqlite3"),
        arguments: [
            "DROP TRIGGER log_is_never_updated; "
                + "UPDATE log_batch SET leaves = replace(leaves, '\"index\":300,', '\"index\":300, ')",
            "DROP TRIGGER tile_is_never_updated; UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND idx = 1",
        ])
    func prunesNoEvidence(_ tampering: String) async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 800)
        let database = daemon.state.appending("ledger.db").string
        let tampered = try await Command("sqlite3", "-cmd", ".timeout 10000", database, tampering).run()
        try #require(tampered.status.isSuccess, "\(tampered.errorText)")
        let refused = try await daemon.vault("audit", "prune", "--before", "600", "--without-archive")
        #expect(refused.status == .exited(3))
        #expect(refused.errorText.contains("nothing is pruned: record"), "\(refused.errorText)")
        #expect(try await daemon.vault("audit", "show", "299").status.isSuccess)
        let unproved = try await daemon.vault("audit", "prove", "300")
        #expect(unproved.status == .exited(3), "a receipt that proves nothing: \(unproved.text)")
        // What is not touched by it goes.
        _ = try await ask(daemon, "audit", "prune", "--before", "256", "--without-archive")
        #expect(try await daemon.vault("audit", "show", "255").status == .exited(1))
    }

    @Test("A tiles directory and an archive of a live log verify")
    func exports() async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 300)
        let told = try await ask(daemon, "audit", "export", "--format", "tiles", "tiles")
        #expect(told.hasPrefix("tiles: ") && told.hasSuffix(" records, and a checkpoint over them\n"))
        for file in ["tiles/checkpoint", "tiles/tile/0/000", "tiles/tile/entries/000", "tiles/tile/1/000.p/1"] {
            #expect(access(daemon.directory.path(file).string, R_OK) == 0, "\(file)")
        }
        _ = try await ask(daemon, "audit", "export", "--format", "archive", "archive")
        #expect(try await ask(daemon, "audit", "verify", "--archive", "archive").hasSuffix("verdict     intact\n"))
    }

    @Test(
        "A crash leaves no checkpoint beside tiles that are not there: each is on the disk before it",
        .enabled(if: Command.find("strace") != nil, "strace is not installed"))
    func durableTiles() async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 300)
        var command = daemon.vaultCommand(["audit", "export", "--format", "tiles", "tiles"])
        let strace = ["-f", "-y", "-s", "999", "-e", "trace=rename,renameat,renameat2,fsync", "-o", "trace"]
        command = daemon.client(
            try #require(Command.find("strace")), strace + [command.path.string] + command.arguments)
        command.directory = daemon.directory.path
        try #require(try await command.run().status.isSuccess)
        var renamed: Set<Substring> = []
        var tiles = 0
        for line in try daemon.directory.read("trace").split(separator: "\n") {
            if line.contains("rename"), let path = line.split(separator: "\"").dropLast().last {
                if path.hasSuffix("tiles/checkpoint") { break }
                tiles += 1
                renamed.insert(path[(path.firstRange(of: "tiles/")?.lowerBound ?? path.startIndex)...])
            } else if line.contains("fsync("),
                let path = line.split(whereSeparator: { "<>".contains($0) }).dropLast().last
            {
                renamed = renamed.filter { !path.hasSuffix("/\($0)") }
            }
        }
        #expect(tiles > 3 && renamed.isEmpty, "\(tiles) \(renamed)")
        // What a crash left of a tile is written again.
        try daemon.directory.write("", to: "tiles/tile/0/000")
        _ = try await ask(daemon, "audit", "export", "--format", "tiles", "tiles")
        #expect(try FileStatus(ofPath: daemon.directory.path("tiles/tile/0/000")).size == 8192)
    }

    @Test("A summary counts what was granted and denied, and a report is made of it")
    func summaries() async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 40)
        _ = try await daemon.vault("cat", "hidden/secret", uid: StandardVault.otherUser)
        let capabilities = try await ask(daemon, "audit", "summary", "--by", "capability", "-o", "jsonl")
        let counts = try capabilities.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(counts.first == ["key": "files/secret", "grants": 40, "denials": 0, "missing": 0])
        #expect(counts.contains(["key": "hidden/secret", "grants": 0, "denials": 1, "missing": 0]))
        let rules = try await ask(daemon, "audit", "summary", "--by", "rule", "--decision", "permit")
        #expect(rules.contains("reader-opens-all-but-what-is-hidden      40        0        0\n"), "\(rules)")
        #expect(
            try await ask(daemon, "audit", "summary", "--by", "time", "--every", "1h").hasSuffix(
                "40 grants, 1 denials\n"))
        let told = try await ask(daemon, "audit", "report", "--out", "report.html")
        #expect(told == "wrote report.html: 40 grants, 1 denials\n")
        let page = try daemon.directory.read("report.html")
        #expect(page.contains("hidden/secret") && page.hasSuffix("</html>\n"))
    }

    @Test(
        "--follow prints what is there and what comes, no reading of its own, and a stop of the broker is no end of it")
    func follows() async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 3)
        let command = daemon.vaultCommand(["audit", "list", "--follow", "-n", "1000", "-o", "jsonl"])
        let output = try OwnedDescriptor.pipe()
        let errors = try OwnedDescriptor.pipe()
        let follower = try ChildProcess.spawn(
            command.path, arguments: [command.path.string] + command.arguments, environment: command.environment,
            passing: [(HeldDescriptor(output.writer), 1), (HeldDescriptor(errors.writer), 2)])
        let reader = output.reader
        let errorReader = errors.reader
        let begun = try await onThread {
            try waitOnThread(on: reader, what: "a record", limit: .seconds(20))
            return String(decoding: try reader.readPrefix(15), as: UTF8.self)
        }
        #expect(begun == #"{"v":1,"index":"#)
        try await grow(daemon, by: 1)
        try await daemon.terminate()
        let text = try await onThread { String(decoding: try reader.readAll(), as: UTF8.self) }
        let told = try await onThread { String(decoding: try errorReader.readAll(), as: UTF8.self) }
        #expect(try follower.wait() == .exited(3))
        #expect(told.hasPrefix("vault: audit list: the broker stopped, "), "\(told)")
        try await daemon.start()
        let own = try await ask(daemon, "audit", "list", "--all", "--pid", "\(follower.pid)", "-o", "csv")
        #expect(own.split(separator: "\r\n").count == 2, "\(own)")
        #expect(!text.contains("\"pid\":\(follower.pid),"), "\(text)")
        #expect(text.split(separator: "\n").filter { $0.contains("\"type\":\"grant\"") }.count == 4, "\(text)")
    }

    @Test("A grant is shown with the revocation of its rule")
    func revocations() async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 1)
        let grant = try await ask(daemon, "audit", "list", "--type", "grant", "-o", "csv")
        let record = try #require(grant.split(separator: "\r\n").last?.split(separator: ",").first)
        _ = try await ask(daemon, "revoke", "reader-opens-all-but-what-is-hidden")
        let shown = try await ask(daemon, "audit", "show", String(record))
        for type in ["grant", "delivery", "revoke"] { #expect(shown.contains(": \(type)\n"), "\(shown)") }
    }

    @Test("--cursor-file goes on over a restart, and says with status 6 when the log was replaced")
    func cursors() async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 3)
        let words = [
            "audit", "list", "--cursor-file", daemon.directory.path("place").string, "--type", "grant", "-o", "jsonl",
        ]
        let first = try await daemon.vaultCommand(words).run().text
        #expect(first.split(separator: "\n").count == 3)
        try await daemon.terminate()
        try await daemon.start()
        try await grow(daemon, by: 2)
        #expect(try await daemon.vaultCommand(words).run().text.split(separator: "\n").count == 2)
        let other = try await StandardVault.start()
        // Its key is told from damage, in the files and in what the broker exports.
        let key = try await other.vault("audit", "key").text.dropLast()
        _ = try await daemon.vaultCommand(["audit", "export", "--format", "archive", daemon.directory.path("a").string])
            .run()
        for source in [
            ["--database", daemon.state.appending("ledger.db").string],
            ["--archive", daemon.directory.path("a").string],
        ] {
            let result = try await daemon.vaultCommand(["audit", "verify", "--key", String(key)] + source).run()
            #expect(result.status == .exited(5))
            #expect(
                result.errorText.hasPrefix("vault: audit verify: it is not signed by the key that was given: "),
                "\(result.errorText)")
        }
        let lost = try await other.vaultCommand(words).run()
        #expect(lost.status == .exited(6), "\(lost.errorText)")
        #expect(lost.errorText.hasPrefix("vault: audit list: the place to go on from is lost: "))
    }

    @Test("A removal that nobody permits is one denial")
    func removals() async throws {
        let daemon = try await StandardVault.start()
        let result = try await daemon.vault("remove", "files/secret", uid: StandardVault.stranger)
        #expect(result.status == .exited(1))
        let denials = try await ask(daemon, "audit", "list", "--type", "deny", "-o", "jsonl")
        #expect(denials.split(separator: "\n").count == 1, "\(denials)")
    }
}

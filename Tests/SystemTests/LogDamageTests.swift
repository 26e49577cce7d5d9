// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import VaultTestKit

/// Damage that somebody does to a real log, and what `vault audit verify` says of it: each kind in words of its own, with
/// the first record that cannot be trusted, and status 5.
@Suite(.enabled(if: Programs.python != nil, "needs python3, which does the damage"))
struct LogDamageTests {
    /// A state directory that was damaged, and what stayed elsewhere.
    private struct Scene {
        let directory: TemporaryDirectory
        let daemon: Daemon

        var database: String { directory.path("state/ledger.db").string }

        func tamper(_ what: String, _ argument: String) async throws {
            let script = Programs.checkout.appending("Tests/SystemTests/Scripts/tamper.py")
            let python = Programs.python ?? "python3"
            let result = try await Command(python, arguments: [script.string, database, what, argument]).run()
            try #require(result.status.isSuccess, "\(result.errorText)")
        }

        /// `vault audit verify --database …`
        func verify(_ arguments: String...) async throws -> CommandResult {
            try await daemon.vaultCommand(["audit", "verify", "--database", database] + arguments).run()
        }

        /// Puts a copy of a file or directory into place.
        func put(_ source: FilePath, at name: String) async throws {
            let target = directory.path(name).string
            let result = try await Command("sh", "-c", "rm -rf \(target)* && cp -a \(source) \(target)").run()
            try #require(result.status.isSuccess, "\(result.errorText)")
        }
    }

    /// A log of some 700 records, and of an earlier time a copy of it, made once for all of these tests.
    private static let original = Task {
        let daemon = try await StandardVault.start()
        try await grow(daemon, to: 400)
        let earlier = daemon.directory.path("earlier")
        try await daemon.terminate()
        _ = try await Command("cp", "-a", daemon.state.string, earlier.string).run()
        try await daemon.start()
        try await grow(daemon, to: 700)
        for (name, arguments) in [
            ("key", ["key"]), ("kept", ["checkpoint"]), ("receipt", ["prove", "690"]),
        ] {
            let result = try await daemon.vaultCommand(["audit"] + arguments).run()
            try #require(result.status.isSuccess, "\(result.errorText)\(daemon.log)")
            try daemon.directory.write(result.text, to: name)
        }
        try await daemon.terminate()
        return daemon
    }

    /// Each call of many names is many records.
    private static func grow(_ daemon: Daemon, to size: Int) async throws {
        let names = [String](repeating: "files/secret", count: 50)
        while try await recordCount(daemon) < size {
            let result = try await daemon.vaultCommand(["cat"] + names, uid: StandardVault.otherUser).run()
            try #require(result.status.isSuccess, "\(result.errorText)\(daemon.log)")
        }
    }

    private static func recordCount(_ daemon: Daemon) async throws -> Int {
        let lines = try await daemon.vault("audit", "checkpoint").text.split(separator: "\n")
        return lines.count > 1 ? Int(lines[1]) ?? 0 : 0
    }

    private func scene() async throws -> Scene {
        let daemon = try await Self.original.value
        let scene = Scene(directory: try TemporaryDirectory(), daemon: daemon)
        try await scene.put(daemon.state, at: "state")
        return scene
    }

    /// Kinds of damage, and what is said.
    static let kinds: [(name: String, sql: String, message: String, record: Int?)] = [
        (
            "a leaf edited, of the same length",
            "UPDATE log SET leaf = replace(leaf, 'files/secret', 'files/sacret') WHERE idx = 300",
            "record 300 was edited", 300
        ),
        (
            "a leaf edited, of another length", "UPDATE log SET leaf = leaf || ' ' WHERE idx = 301",
            "record 301 was edited", 301
        ),
        ("a row deleted in the middle", "DELETE FROM log WHERE idx = 123", "record 123 is missing", 123),
        (
            "rows swapped",
            """
            UPDATE log SET idx = -5 WHERE idx = 100; UPDATE log SET idx = 100 WHERE idx = 200;
            UPDATE log SET idx = 200 WHERE idx = -5
            """,
            "record 100 is out of its place: it says that it is record 200", 100
        ),
        (
            "a row inserted",
            """
            UPDATE log SET idx = -idx WHERE idx >= 400; UPDATE log SET idx = 1 - idx WHERE idx < 0;
            INSERT INTO log VALUES (400, '{"v":1,"index":400,"type":"grant"}');
            UPDATE tree SET size = size + 1
            """,
            "record 401 is out of its place: it says that it is record 400", 400
        ),
        ("the tail cut", "DELETE FROM log WHERE idx >= 650", "the records from 650 to ", 650),
        (
            "a tile edited", "UPDATE tile SET hashes = randomblob(8192) WHERE level = 0 AND idx = 1",
            "tile 1 of level 0 was edited, from record 256 on", 256
        ),
        (
            "a projection edited", "UPDATE policy_revision SET sha256 = 'ab' || substr(sha256, 3) WHERE revision = 1",
            "the table policy_revision was edited", nil
        ),
    ]

    @Test("an intact log verifies, with everything that was kept")
    func intact() async throws {
        let scene = try await scene()
        for kept in ["kept", "receipt"] {
            let path = scene.daemon.directory.path(kept).string
            let result = try await scene.verify("--key", scene.daemon.directory.path("key").string, "--from", path)
            #expect(result.status.isSuccess, "\(result.text)\(result.errorText)")
            #expect(result.text.contains("\nkept        \(path), of "))
            #expect(result.text.hasSuffix("verdict     intact\n"))
        }
    }

    @Test("damage to the database", arguments: kinds.map(\.name))
    func damage(name: String) async throws {
        let kind = try #require(Self.kinds.first { $0.name == name })
        let scene = try await scene()
        try await scene.tamper("sql", kind.sql)
        let result = try await scene.verify()
        #expect(result.status == .exited(5))
        #expect(result.text.contains("WRONG       \(kind.message)"), "\(result.text)")
        #expect(result.errorText.hasPrefix("vault: audit verify: the log is not what it was: "))
        if let record = kind.record {
            #expect(result.errorText.contains("nothing from record \(record) on can be trusted"), "\(result.errorText)")
        }
    }

    @Test("a trigger dropped")
    func schema() async throws {
        let scene = try await scene()
        try await scene.tamper("raw", "DROP TRIGGER log_is_never_updated")
        let result = try await scene.verify()
        #expect(result.status == .exited(5))
        #expect(result.text.contains("WRONG       trigger log_is_never_updated is missing from the database's schema"))
    }

    @Test("a tail cut with tree and tiles is found by the checkpoints")
    func cut() async throws {
        let scene = try await scene()
        try await scene.tamper("cut", "500")
        let result = try await scene.verify()
        #expect(result.status == .exited(5))
        #expect(result.text.contains("WRONG       the records from 500 to "), "\(result.text)")
        #expect(result.text.contains(" are missing: the log was signed over "))
    }

    @Test("a tail cut with every checkpoint of it is found by a receipt or a checkpoint that was kept")
    func forgotten() async throws {
        let scene = try await scene()
        try await scene.tamper("forget", "500")
        #expect(try await scene.verify().status.isSuccess, "nothing here says otherwise")
        for kept in ["kept", "receipt"] {
            let result = try await scene.verify("--from", scene.daemon.directory.path(kept).string)
            #expect(result.status == .exited(5))
            #expect(result.text.contains("WRONG       the records from 500 to "), "\(result.text)")
            #expect(result.errorText.contains("nothing from record 500 on can be trusted"))
        }
    }

    @Test("a log written anew that nobody signed is not taken for that of a key")
    func unsigned() async throws {
        let scene = try await scene()
        try await scene.tamper("sql", "DELETE FROM checkpoint; DELETE FROM origin")
        try scene.directory.write("", to: "state/checkpoints")
        let result = try await scene.verify("--key", scene.daemon.directory.path("key").string)
        #expect(result.status == .exited(5))
        #expect(result.text.contains("WRONG       nothing is signed by the key "), "\(result.text)")
    }

    @Test("a database rolled back to yesterday's copy is found by the checkpoints, a whole directory by what was kept")
    func rolledBack() async throws {
        let scene = try await scene()
        let earlier = scene.daemon.directory.path("earlier")
        try await scene.put(earlier.appending("ledger.db"), at: "state/ledger.db")
        let database = try await scene.verify()
        #expect(database.status == .exited(5))
        #expect(database.text.contains(" are missing: the log was signed over "), "\(database.text)")
        try await scene.put(earlier, at: "state")
        #expect(try await scene.verify().status.isSuccess, "nothing here says otherwise")
        let whole = try await scene.verify("--from", scene.daemon.directory.path("kept").string)
        #expect(whole.status == .exited(5))
        #expect(whole.text.contains(" are missing: the log was signed over "), "\(whole.text)")
    }

    @Test("another log's database, and another key")
    func others() async throws {
        let scene = try await scene()
        var options = StandardVault.options
        options.configuration = (options.configuration ?? "") + "audit: { origin: other.example/audit }\n"
        let other = try await Daemon.start(options)
        let otherKey = try await other.vault("audit", "key").text
        try await other.terminate()
        let wrong = try await scene.verify("--key", otherKey.split(separator: "\n").first.map(String.init) ?? "")
        #expect(wrong.status == .exited(5))
        #expect(wrong.text.contains("WRONG       the log is signed by another key: "), "\(wrong.text)")
        try await scene.put(other.state.appending("ledger.db"), at: "state/ledger.db")
        let result = try await scene.verify()
        #expect(result.status == .exited(5))
        #expect(result.text.contains("WRONG       it is another log: other.example/audit"), "\(result.text)")
    }
}

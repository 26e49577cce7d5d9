// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// `vault audit backup`, and what is restored from it.
@Suite(.serialized) struct BackupTests {
    private func open(_ daemon: Daemon) async throws -> CommandResult {
        try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
    }

    private func run(_ words: String...) async throws {
        let result = try await Command(words[0], arguments: Array(words.dropFirst())).run()
        try #require(result.status.isSuccess, "\(result.errorText)")
    }

    /// Puts a backup in the place of the state, as the manual says.
    private func restore(_ backup: FilePath, _ daemon: Daemon) async throws {
        try await run("mv", daemon.state.string, daemon.directory.path("lost").string)
        try await run("cp", "-r", backup.string, daemon.state.string)
        if let owner = daemon.options.owner { try await run("chown", "-R", "\(owner):\(owner)", daemon.state.string) }
    }

    private func expectPrivate(_ backup: FilePath) throws {
        #expect(directoryEntries(backup).sorted() == ["checkpoints", "ledger.db", "log.key", "revoked"])
        #expect(try FileStatus(ofPath: backup).mode & 0o777 == 0o700)
        for name in directoryEntries(backup) {
            #expect(try FileStatus(ofPath: backup.appending(name)).mode & 0o777 == 0o600, "\(name)")
        }
    }

    @Test(
        "A backup of a daemon at work verifies, a daemon goes on from it, and one that lacks what was signed is told",
        .enabled(if: Programs.python != nil, "needs python3"))
    func underLoad() async throws {
        let daemon = try await StandardVault.start()
        let names = [String](repeating: "files/secret", count: 50)
        let load = Task {
            while !Task.isCancelled {
                _ = try? await daemon.vaultCommand(["cat"] + names, uid: StandardVault.otherUser).run()
                _ = try? await daemon.vault("audit", "checkpoint")
            }
        }
        defer { load.cancel() }
        let count = Soak.count(3, full: 30)
        let backups = (0..<count).map { daemon.directory.path("backup-\($0)") }
        for backup in backups {
            // An empty directory will do.
            if backup == backups.first { #expect(try backup.makeDirectory(mode: 0o755)) }
            let made = try await daemon.vault("audit", "backup", backup.string)
            #expect(
                made.status.isSuccess && made.text.contains("with the signing key"), "\(made.text)\(made.errorText)")
            try expectPrivate(backup)
            let verified = try await daemon.vault("audit", "verify", "--database", backup.appending("ledger.db").string)
            #expect(verified.text.hasSuffix("intact\n"), "\(verified.text)\(verified.errorText)")
            let again = try await daemon.vault("audit", "backup", backup.string)
            #expect(again.status == .exited(4) && again.errorText.contains("not empty"), "\(again.errorText)")
        }
        load.cancel()
        _ = await load.value
        #expect(try await open(daemon).text == StandardVault.secret)
        #expect(try await daemon.vault("audit", "checkpoint").status.isSuccess)
        try await daemon.crash()
        try await restore(try #require(backups.last), daemon)
        try await daemon.start()
        #expect(try await open(daemon).text == StandardVault.secret)
        #expect(try await daemon.vault("status").text.hasPrefix("no problems"))
        try await daemon.terminate()
        try await StoredLog.check(daemon)
        // With the checkpoints of what was lost it is what it is: taken back.
        try await run("rm", "-r", daemon.state.string)
        try await run("mv", daemon.directory.path("lost").string, daemon.directory.path("state").string)
        let kept = daemon.directory.path("kept").string
        try await run("cp", "-p", daemon.state.appending("checkpoints").string, kept)
        try await restore(backups[0], daemon)
        try await run("cp", "-p", kept, daemon.state.appending("checkpoints").string)
        try await daemon.start()
        #expect(!(try await open(daemon).status.isSuccess))
        #expect(try await daemon.vault("status").text.hasPrefix("nothing is granted: "))
        try await daemon.terminate()
        try await daemon.start(adding: ["--accept-rollback"])
        #expect(try await open(daemon).text == StandardVault.secret)
    }

    @Test("What was revoked and could not be recorded is revoked in a backup", .enabled(if: Injection.isPossible))
    func revoked() async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        let injection = try await onThread { try Injection("fdatasync:error=EIO", into: pid) }
        #expect(try await daemon.vault("revoke", "reader-opens-all-but-what-is-hidden").status.isSuccess)
        let backup = daemon.directory.path("backup")
        let database = daemon.state.appending("ledger.db").string
        let made = try await daemon.vault("audit", "backup", backup.string, "--database", database, "-o", "json")
        #expect(made.status.isSuccess && made.text.contains(#""key":true"#), "\(made.text)\(made.errorText)")
        try await onThread { try injection.end() }
        try await daemon.crash()
        try await restore(backup, daemon)
        try await daemon.start()
        #expect(try await open(daemon).status == .exited(1))
    }

    @Test("One that fails leaves nothing, and says why", .enabled(if: Command.find("prlimit") != nil, "needs prlimit"))
    func nothingOrAll() async throws {
        let daemon = try await StandardVault.start()
        let database = daemon.state.appending("ledger.db").string
        let copy = daemon.directory.path("copy").string
        let vault = daemon.vaultCommand(["audit", "backup", copy, "--database", database])
        var limited = Command("prlimit", arguments: ["--fsize=2000000", vault.path.string] + vault.arguments)
        limited.environment = vault.environment
        // The revocations fit, a database of this size does not.
        try await run("truncate", "-s", "0", daemon.directory.path("log").string)
        for _ in 0..<40 {
            let names = [String](repeating: "files/secret", count: 250)
            _ = try await daemon.vaultCommand(["cat"] + names, uid: StandardVault.otherUser).run()
        }
        let failed = try await limited.run()
        #expect(failed.status == .exited(4), "\(failed.text)\(failed.errorText)")
        #expect(failed.errorText.split(separator: "\n").count == 2)
        #expect(!directoryEntries(daemon.directory.path).contains { $0.contains("copy") })
        let nowhere = try await daemon.vault("audit", "backup", copy + "/a/b", "--database", database)
        #expect(nowhere.status == .exited(4) && nowhere.errorText.contains("No such file"), "\(nowhere.errorText)")
        let nothing = try await daemon.vault("audit", "backup", copy, "--database", "/none/ledger.db")
        #expect(nothing.status == .exited(4), "\(nothing.errorText)")
        #expect(!directoryEntries(daemon.directory.path).contains { $0.contains("copy") })
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// "A database that cannot be written: AuditUnavailable, and nothing passes", "revocation takes effect at once and grants
/// stop until it is recorded", and "recovers by itself".
@Suite(.serialized) struct FailingDiskTests {
    private static let rule = "reader-opens-all-but-what-is-hidden"

    private func open(_ daemon: Daemon) async throws -> CommandResult {
        try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
    }

    private func expectUnavailable(_ daemon: Daemon) async throws {
        let refused = try await open(daemon)
        #expect(refused.status == .exited(3), "\(refused.text)\(refused.errorText)")
        #expect(refused.text.isEmpty)
    }

    private func waitUntilServing(_ daemon: Daemon) async throws {
        try await waitUntil("the log to be written again", limit: .seconds(20)) {
            try await open(daemon).text == StandardVault.secret
        }
    }

    private func waitUntilWritten(_ daemon: Daemon) async throws {
        try await waitUntil("the log to be written again", limit: .seconds(20)) {
            try await !daemon.vault("status").text.contains("cannot be written")
        }
    }

    @Test(
        "While every fdatasync fails nothing is granted, a revocation acts and is recorded later",
        .enabled(if: Injection.isPossible && Programs.python != nil, "needs root, strace and python3"))
    func deadDisk() async throws {
        let daemon = try await StandardVault.start()
        #expect(try await open(daemon).text == StandardVault.secret)
        let pid = try daemon.pid
        let injection = try await onThread { try Injection("fdatasync:error=EIO", into: pid) }
        try await expectUnavailable(daemon)
        try await expectUnavailable(daemon)
        let status = try await daemon.vault("status").text
        #expect(status.contains("cannot be written") && status.contains("Try: make room or mend"), "\(status)")
        #expect(try await daemon.vault("audit", "list").text.contains("grant"), "reading goes on")
        let revoked = try await daemon.vault("revoke", Self.rule)
        #expect(revoked.status.isSuccess, "the journal of revocations has it: \(revoked.errorText)")
        #expect(try await open(daemon).status == .exited(1))
        try await onThread { try injection.end() }
        try await waitUntilWritten(daemon)
        #expect(try await open(daemon).status == .exited(1), "the revocation stays")
        try await waitUntil("the revocation to be recorded") {
            try await daemon.vault("audit", "list", "--type", "revoke").text.contains("revoke")
        }
        _ = try await daemon.vault("policy", "resume", Self.rule)
        try await waitUntilServing(daemon)
        try await daemon.terminate()
        try await StoredLog.check(daemon)
    }

    @Test(
        "A change that was refused for want of a disk, and is stored after all, does not undo a revocation behind it",
        .enabled(if: Injection.isPossible && Programs.python != nil, "needs root, strace and python3"))
    func revocationBehindFailure() async throws {
        let daemon = try await StandardVault.start()
        #expect(try await open(daemon).text == StandardVault.secret)
        let pid = try daemon.pid
        let injection = try await onThread { try Injection("fdatasync:error=EIO", into: pid) }
        let granted = try await daemon.vault("grant", "a/b", "--to", "uid:\(StandardVault.stranger)", "--id", "late")
        #expect(granted.status == .exited(3), "\(granted.text)\(granted.errorText)")
        #expect(try await daemon.vault("revoke", Self.rule).status.isSuccess)
        try await onThread { try injection.end() }
        try await waitUntilWritten(daemon)
        try await waitUntil("the revocation to be recorded") {
            try await daemon.vault("audit", "list", "--type", "revoke").text.contains("revoke")
        }
        #expect(try await open(daemon).status == .exited(1))
        // What was refused may be there or not; what was taken away is gone in both cases, also for the next start.
        try await daemon.terminate()
        try await daemon.start()
        #expect(try await open(daemon).status == .exited(1))
        #expect(try await daemon.vault("policy", "resume", Self.rule).status.isSuccess)
        try await waitUntilServing(daemon)
        try await daemon.terminate()
        try await StoredLog.check(daemon)
    }

    @Test(
        "Whichever fdatasync fails, no answer is untrue, and the daemon goes on by itself",
        .enabled(if: Injection.isPossible && Programs.python != nil, "needs root, strace and python3"),
        arguments: 1...Soak.count(4, full: 30))
    func oneFailure(number: Int) async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        let injection = try await onThread { try Injection("fdatasync:error=EIO:when=\(number)", into: pid) }
        for _ in 0..<6 {
            let result = try await open(daemon)
            let isAnswer = result.status == .exited(0) ? result.text == StandardVault.secret : result.text.isEmpty
            #expect(isAnswer && [.exited(0), .exited(3)].contains(result.status), "\(result.errorText)")
        }
        try await onThread { try injection.end() }
        try await waitUntilServing(daemon)
        try await daemon.terminate()
        try await StoredLog.check(daemon)
    }

    @Test(
        "A file system that has become read-only: a revocation acts, says that it is not durable, and is recorded later",
        .enabled(if: Injection.isPossible && Programs.python != nil, "needs root, strace and python3"))
    func readOnly() async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        // Only what is written to files: the answers to clients go through `sendmsg`, and wake-ups through `write`.
        let files = try await onThread { try Injection("pwrite64,ftruncate,fdatasync:error=EROFS", into: pid) }
        try await expectUnavailable(daemon)
        let revoked = try await daemon.vault("revoke", Self.rule)
        #expect(revoked.status == .exited(3), "not durable: \(revoked.text)\(revoked.errorText)")
        #expect(try await open(daemon).status == .exited(1))
        try await onThread { try files.end() }
        try await waitUntilWritten(daemon)
        try await waitUntil("the revocation to be recorded") {
            try await daemon.vault("audit", "list", "--type", "revoke").text.contains("revoke")
        }
        try await daemon.terminate()
        try await StoredLog.check(daemon)
    }

    @Test(
        "On a full file system grants stop, a revocation is recorded all the same, and room lets them go on",
        .enabled(if: geteuid() == 0 && Programs.python != nil, "needs root, to mount a small file system, and python3"))
    func full() async throws {
        try await Daemon.onSmallFileSystem(StandardVault.options) { try await full($0) }
    }

    private func full(_ daemon: Daemon) async throws {
        try await daemon.start()
        #expect(try await open(daemon).text == StandardVault.secret)
        let ballast = daemon.state.appending("ballast").string
        try await fill(daemon)
        let revoked = try await daemon.vault("revoke", Self.rule)
        #expect(revoked.status.isSuccess, "\(revoked.errorText)")
        try await waitUntil("the revocation to be recorded in the space that is kept aside") {
            try await daemon.vault("audit", "list", "--type", "revoke").text.contains("revoke")
        }
        #expect(try await open(daemon).status == .exited(1))
        try await daemon.emptyState()
        try await waitUntil("the rule to be resumed", limit: .seconds(20)) {
            try await daemon.vault("policy", "resume", Self.rule).status.isSuccess
        }
        try await waitUntilServing(daemon)
        try await fill(daemon)
        try await expectStopRecorded(daemon, removing: ballast)
        #expect(try await open(daemon).text == StandardVault.secret)
        try await daemon.terminate()
        try await StoredLog.check(daemon)
    }

    /// Leaves no room for any further grant.
    private func fill(_ daemon: Daemon) async throws {
        try await daemon.fillState { try await open(daemon).status == .exited(3) }
    }

    private func records(_ daemon: Daemon, _ type: String) async throws -> [Substring] {
        try await daemon.vault("audit", "list", "--type", type, "-o", "jsonl").text.split(separator: "\n")
    }

    /// Stops it and starts it again: one more `stop` is in the log, the fate of every grant, and a checkpoint over all.
    private func expectStopRecorded(
        _ daemon: Daemon, failing rule: String? = nil, removing ballast: String? = nil
    ) async throws {
        let stops = try await records(daemon, "stop").count
        let pid = try daemon.pid
        let injection = try await onThread { try rule.map { try Injection($0, into: pid) } }
        try await daemon.terminate()
        withExtendedLifetime(injection) {}
        let checkpoints = try daemon.directory.read("state/checkpoints")
        if let ballast { _ = try await Command("rm", ballast).run() }
        try await daemon.start()
        #expect(try await records(daemon, "stop").count == stops + 1)
        let last = try #require(try await records(daemon, "start").last)
        #expect(last.contains(#""undelivered":0"#), "\(last)")
        #expect(try await records(daemon, "delivery").allSatisfy { $0.contains(#""unknown":[]"#) })
        let size = try #require(last.split(separator: #""index":"#).last?.prefix { $0.isNumber })
        #expect(Int(size) != nil)
        #expect(checkpoints.split(separator: "\n\n\n").last?.contains("\n\(size)\n") == true, "\(checkpoints)")
        let verdict = try await daemon.vault(
            "audit", "verify", "--database", daemon.state.appending("ledger.db").string)
        #expect(verdict.text.hasSuffix("intact\n"), "\(verdict.text)\(verdict.errorText)")
    }

    @Test(
        "One failed write or fdatasync at the stop loses neither its record nor the fate of a grant",
        .enabled(if: Injection.isPossible, "needs root and strace"),
        arguments: ["pwrite64", "fdatasync"].flatMap { call in (1...2).map { "\(call):error=EIO:when=\($0)" } })
    func failureAtStop(rule: String) async throws {
        let daemon = try await StandardVault.start()
        #expect(try await open(daemon).text == StandardVault.secret)
        try await waitUntil("the delivery to be recorded") { try await records(daemon, "delivery").count == 1 }
        try await expectStopRecorded(daemon, failing: rule)
        try await daemon.terminate()
    }

    @Test("A flood of denials is answered, and folded into few records")
    func denialFlood() async throws {
        var options = StandardVault.options
        options.policies["flood.yaml"] = """
            vault: 1
            rules:
              - id: nobody-opens-what-is-hidden
                forbid: [open]
                capability: hidden/**
                to: { uid: \(geteuid()) }

            """
        let daemon = try await Daemon.start(options)
        try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            for _ in 0..<50 {
                for _ in 0..<40 { try connection.send(RawConnection.open("hidden/secret")) }
                let replies = try connection.replies(40)
                #expect(replies.count == 40)
                let other = replies.first { $0.error != "io.vaultd.Broker.Denied" }
                try #require(other == nil, "\(other?.value ?? .null)")
            }
        }
        try await daemon.terminate()
        let database = daemon.state.appending("ledger.db").string
        func count(_ type: String) async throws -> Int {
            let result = try await Command(
                "sqlite3", "-cmd", ".timeout 10000", database,
                "SELECT count(*) FROM log WHERE leaf LIKE '%\"type\":\"\(type)\"%'"
            ).run()
            return Int(result.text.split(separator: "\n").first ?? "") ?? -1
        }
        guard Command.find("sqlite3") != nil else { return }
        #expect((1...60).contains(try await count("deny")))
        #expect((1...5).contains(try await count("deny.summary")))
    }
}

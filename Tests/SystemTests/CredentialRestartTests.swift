// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// "An end without bytes would be an empty credential": a broker that is killed leaves none, since the service manager keeps the
/// connection, and the next broker has it fail.
@Suite(
    .enabled(
        if: CredentialVault.isPossible && Injection.isPossible,
        "needs root, strace, python3 and a control group hierarchy of version 2"))
struct CredentialRestartTests {
    private struct Kept {
        let manager: StandInManager
        let daemon: Daemon
    }

    private static func prepare() async throws -> Kept {
        let manager = try StandInManager()
        var options = CredentialVault.options()
        options.environment = [manager.environment]
        let daemon = try await Daemon(options)
        try CredentialVault.writeFiles(daemon)
        return Kept(manager: manager, daemon: daemon)
    }

    /// Asks while a broker runs that is killed in that system call, and what the next broker makes of it.
    /// - Returns: what the service manager reads in the end.
    private static func ask(_ kept: Kept, _ credential: String, killedIn call: String) async throws -> String {
        let (manager, daemon) = (kept.manager, kept.daemon)
        let first = try await manager.start(daemon, with: [])
        _ = try await manager.notice("READY=1")
        let pid = first.child.pid
        let injection = try await onThread { try Injection(call, into: pid) }
        let client = try CredentialVault.client(daemon, "print(repr(ask('\(credential)')))")
        async let answer = client.run()
        let stored = try await manager.notice("FDSTORE=1")
        let name = try #require(stored.lines.first { $0.hasPrefix("FDNAME=credential=") }?.dropFirst(7))
        #expect(!stored.lines.contains("FDPOLL=0"), "it is let go of when the client has gone")
        _ = try await onThread { try first.child.wait() }
        withExtendedLifetime(injection) {}
        let second = try await manager.start(daemon, with: [(String(name), try #require(stored.descriptors.first))])
        // The end is seen by whoever reads, and told the manager when all is read: before or after the start.
        _ = try await manager.notices(["FDSTOREREMOVE=1", "READY=1"])
        let text = try await answer.text
        // It serves as before.
        let again = try await CredentialVault.ask(daemon, "print(repr(ask('key')))")
        #expect(again == "'\(CredentialVault.secret.dropLast())\\n'\n", "\(daemon.log)")
        #expect(try await daemon.vault("audit", "verify").status == .exited(0))
        let unknown = try await CredentialVault.records(daemon, "delivery").flatMap { $0["unknown"]?.array ?? [] }
        let grants = try await CredentialVault.records(daemon, "grant").dropLast()
        #expect(unknown.compactMap(\.integer) == grants.compactMap { $0["index"]?.integer })
        #expect(try await second.stop() == .exited(0))
        return text
    }

    @Test(
        "Killed before the record is durable, and between the record and the first byte",
        arguments: [("fdatasync", 1), ("sendmsg", 2)])
    func killed(call: String, number: Int) async throws {
        let kept = try await Self.prepare()
        let text = try await Self.ask(kept, "key", killedIn: "\(call):signal=SIGKILL:when=\(number)")
        #expect(text == "'zeros'\n", "\(text)\(kept.daemon.log)")
    }

    @Test("Killed when a part of it has left")
    func killedInTheMiddle() async throws {
        let kept = try await Self.prepare()
        // The third part, of what takes more than the socket holds.
        let text = try await Self.ask(kept, "largest", killedIn: "sendmsg:signal=SIGKILL:when=4")
        let size = Int(text.split(whereSeparator: { !$0.isNumber }).first ?? "") ?? 0
        #expect(size > CredentialVault.largest, "it is an error to a service manager: \(text)\(kept.daemon.log)")
    }

    @Test("Who stands still is kept for as many brokers as are killed meanwhile")
    func killedTwice() async throws {
        let prepared = try await Self.prepare()
        let (manager, daemon) = (prepared.manager, prepared.daemon)
        let first = try await manager.start(daemon, with: [])
        _ = try await manager.notice("READY=1")
        let client = try CredentialVault.client(
            daemon, "s = connect(address('forbidden')); time.sleep(5); print(repr(rest(s)))")
        async let answer = client.run()
        let stored = try await manager.notice("FDSTORE=1")
        let name = try #require(stored.lines.first { $0.hasPrefix("FDNAME=credential=") }?.dropFirst(7))
        let kept = [(String(name), try #require(stored.descriptors.first))]
        try await waitUntil("zeros") { daemon.log.contains("a unit gets no credential") }
        try await first.crash()
        let second = try await manager.start(daemon, with: kept)
        let notices = try await manager.notices(["READY=1"])
        #expect(!notices.contains { $0.lines.contains("FDSTOREREMOVE=1") }, "it has not failed yet")
        try await second.crash()
        let third = try await manager.start(daemon, with: kept)
        _ = try await manager.notices(["FDSTOREREMOVE=1", "READY=1"])
        let text = try await answer.text
        #expect(text == "'zeros'\n", "\(text)\(daemon.log)")
        #expect(try await third.stop() == .exited(0))
    }

    @Test("A daemon that cannot start has it fail too: the service manager may start none after it")
    func noStart() async throws {
        let prepared = try await Self.prepare()
        let (manager, daemon) = (prepared.manager, prepared.daemon)
        let first = try await manager.start(daemon, with: [])
        _ = try await manager.notice("READY=1")
        let client = try CredentialVault.client(
            daemon, "s = connect(address('largest')); assert s.recv(1) == b'x'; time.sleep(2); print(rest(s))")
        async let answer = client.run()
        let stored = try await manager.notice("FDSTORE=1")
        let name = try #require(stored.lines.first { $0.hasPrefix("FDNAME=credential=") }?.dropFirst(7))
        try await waitUntil("the grant") { try await CredentialVault.records(daemon, "grant").count == 1 }
        try await first.crash()
        try daemon.directory.write("nonsense: 1\n", to: "vaultd.yaml")
        let second = try await manager.start(daemon, with: [(String(name), try #require(stored.descriptors.first))])
        let status = try await onThread { try second.child.wait() }
        #expect(status == .exited(2), "\(daemon.log)")
        let text = try await answer.text
        let size = Int(text.prefix { $0.isNumber }) ?? 0
        #expect(size > CredentialVault.largest, "\(text)\(daemon.log)")
    }

    @Test("What was read to its end is kept no longer")
    func letGo() async throws {
        let kept = try await Self.prepare()
        let daemon = try await kept.manager.start(kept.daemon, with: [])
        _ = try await kept.manager.notice("READY=1")
        async let answers = CredentialVault.ask(kept.daemon, "print(ask('forbidden')); print(repr(ask('empty')))")
        for _ in 0..<2 {
            let stored = try await kept.manager.notice("FDSTORE=1")
            let removed = try await kept.manager.notice("FDSTOREREMOVE=1")
            #expect(stored.lines.first { $0.hasPrefix("FDNAME=") } == removed.lines.first { $0.hasPrefix("FDNAME=") })
        }
        // The end is seen though what stands in for the manager has them open still.
        #expect(try await answers == "zeros\n''\n")
        #expect(try await daemon.stop() == .exited(0))
    }
}

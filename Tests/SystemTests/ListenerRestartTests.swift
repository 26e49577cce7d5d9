// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// Listeners that a client holds while the broker is started again.
@Suite struct ListenerRestartTests {
    private static let name = "ports/kept"
    private static let stored = "listener=ports/kept"

    private static func policy(_ port: UInt16) -> String {
        """
        vault: 1
        capabilities:
          - name: \(name)
            listen: { tcp: "127.0.0.1:\(port)" }
        rules:
          - id: all
            permit: [open]
            capability: "**"
            to: { uid: \(geteuid()) }
        """
    }

    private static func options(_ port: UInt16) -> Daemon.Options {
        var options = StandardVault.options
        options.policies = ["ports.yaml": policy(port)]
        return options
    }

    private func inode(_ daemon: Daemon) async throws -> UInt64? {
        let result = try await daemon.vault("exec", "--pass", Self.name, "--", "stat", "-Lc", "%i", "/proc/self/fd/3")
        return UInt64(result.text.filter(\.isNumber))
    }

    @Test("A listener is kept by the service manager over a restart, and no longer than it is declared")
    func kept() async throws {
        let manager = try StandInManager()
        let port = try unusedPort()
        var options = Self.options(port)
        options.environment = [manager.environment]
        let daemon = try await Daemon.start(options)
        let notice = try await manager.notice("FDSTORE=1")
        #expect(notice.lines == ["FDSTORE=1", "FDNAME=\(Self.stored)", "FDPOLL=0"])
        let kept = try #require(notice.descriptors.first)
        let before = try FileStatus(of: kept).inode
        #expect(try await inode(daemon) == before)
        try await daemon.crash()

        // As the manager starts it again: what it kept comes back under its name, and with it what it kept of others.
        let foreign = HeldDescriptor(try UnixSocket.make(.datagram))
        let restarted = try await manager.start(
            daemon, with: [(Self.stored, kept), ("listener=ports/gone", foreign)])
        let removed = try await manager.notice("FDSTOREREMOVE=1")
        #expect(removed.lines == ["FDSTOREREMOVE=1", "FDNAME=listener=ports/gone"], "\(daemon.log)")
        _ = try await manager.notice("READY=1")
        #expect(try await inode(daemon) == before, "\(daemon.log)")
        let records = try await daemon.vault("audit", "list", "--type", "restore", "-o", "jsonl")
        #expect(records.text.contains(#""outcome":"kept""#) && records.text.contains(#""outcome":"closed""#))

        // Another address is another listener, and none is none.
        try daemon.writePolicy(Self.policy(try unusedPort()), to: "ports.yaml")
        #expect(try await daemon.vault("reload").status == .exited(0))
        _ = try await manager.notice("FDSTOREREMOVE=1")
        let second = try await manager.notice("FDSTORE=1")
        #expect(try second.descriptors.first.map { try FileStatus(of: $0).inode } != before)
        let without = Self.policy(port).split(separator: "\n").filter {
            !$0.contains("listen:") && !$0.contains("name:")
        }
        try daemon.writePolicy(
            without.joined(separator: "\n").replacing("capabilities:", with: "capabilities: []"), to: "ports.yaml")
        let reloaded = try await daemon.vault("reload")
        #expect(reloaded.status == .exited(0), "\(reloaded.errorText)")
        let last = try await manager.notice("FDSTOREREMOVE=1")
        #expect(last.lines == ["FDSTOREREMOVE=1", "FDNAME=\(Self.stored)"])
        #expect(try await restarted.stop() == .exited(0), "\(daemon.log)")
    }

    @Test("Without a service manager it is said who keeps the address, and it is taken as soon as that client ends")
    func notKept() async throws {
        let daemon = try await Daemon.start(Self.options(try unusedPort()))
        let vault = daemon.programs.appending("vault").string
        let environment = ChildProcess.currentEnvironment + ["VAULT_SOCKET=\(daemon.socket)"]
        let holder = try await onThread {
            let ready = try OwnedDescriptor.pipe()
            let reader = ready.reader
            let writer = HeldDescriptor(ready.writer)
            let holder = StandInManager.Running(
                try ChildProcess.spawn(
                    FilePath(vault),
                    arguments: [vault, "exec", "--pass", Self.name, "--", "sh", "-c", "echo; exec sleep 60"],
                    environment: environment, passing: [(writer, 1), (StandardDescriptor.error, 2)]))
            try waitOnThread(on: reader, what: "the client to have its listener", limit: .seconds(30))
            return holder
        }
        try await daemon.crash()
        try await daemon.start()
        let status = try await daemon.vault("status")
        let reason = "a client that got the listener before the broker was started again"
        #expect(status.text.contains(reason), "\(status.text)")
        try await holder.crash()
        try await waitUntil("the broker to listen", limit: .seconds(20)) {
            try await daemon.vault("list", "-o", "jsonl", Self.name).text.contains("\"ready\"")
        }
    }
}

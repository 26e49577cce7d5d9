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

    /// What a service manager receives: lines, and the descriptors with them.
    private struct Notice {
        var lines: [String]
        var descriptors: [HeldDescriptor]
    }

    /// A process that threads can share.
    private final class Running: Sendable {
        let child: ChildProcess

        init(_ child: consuming ChildProcess) { self.child = child }
    }

    /// Receives notices until one has this line.
    private static func await(_ line: String, on manager: HeldDescriptor) throws -> Notice {
        while true {
            try waitOnThread(on: manager, what: "the notice \(line)", limit: .seconds(30))
            let notice = try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                var message = try MessageSocket.receive(into: buffer, room: .mostDescriptors, on: manager)
                let text = String(decoding: buffer[..<message.byteCount], as: UTF8.self)
                var descriptors: [HeldDescriptor] = []
                while let next = message.descriptors.popLast() { descriptors.append(HeldDescriptor(next)) }
                return Notice(lines: text.split(separator: "\n").map(String.init), descriptors: descriptors)
            }
            if notice.lines.contains(line) { return notice }
        }
    }

    private func inode(_ daemon: Daemon) async throws -> UInt64? {
        let result = try await daemon.vault("exec", "--pass", Self.name, "--", "stat", "-Lc", "%i", "/proc/self/fd/3")
        return UInt64(result.text.filter(\.isNumber))
    }

    @Test("A listener is kept by the service manager over a restart, and no longer than it is declared")
    func kept() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let path = directory.path("notify")
        let manager = HeldDescriptor(try UnixSocket.bind(to: .path(path), type: .datagram, mode: 0o666))
        let port = try unusedPort()
        var options = Self.options(port)
        options.environment = ["NOTIFY_SOCKET=\(path)"]
        let daemon = try await Daemon.start(options)
        let notice = try await onThread { try Self.await("FDSTORE=1", on: manager) }
        #expect(notice.lines == ["FDSTORE=1", "FDNAME=\(Self.stored)", "FDPOLL=0"])
        let kept = try #require(notice.descriptors.first)
        let before = try FileStatus(of: kept).inode
        #expect(try await inode(daemon) == before)
        try await daemon.crash()

        // As the manager starts it again: what it kept comes back under its name, and with it what it kept of others.
        let foreign = HeldDescriptor(try UnixSocket.make(.datagram))
        let command = daemon.command
        let shell = try await onThread {
            let log = HeldDescriptor(
                try OwnedDescriptor.open(daemon.directory.path("log"), flags: O_WRONLY | O_APPEND))
            let names = "\(Self.stored):listener=ports/gone"
            let script = "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=\(names) exec \"$@\""
            return Running(
                try ChildProcess.spawn(
                    "/bin/sh", arguments: ["sh", "-c", script, "sh", command.path.string] + command.arguments,
                    environment: command.environment,
                    passing: [(kept, 3), (foreign, 4), (log, 1), (log, 2)]))
        }
        let removed = try await onThread { try Self.await("FDSTOREREMOVE=1", on: manager) }
        #expect(removed.lines == ["FDSTOREREMOVE=1", "FDNAME=listener=ports/gone"], "\(daemon.log)")
        _ = try await onThread { try Self.await("READY=1", on: manager) }
        #expect(try await inode(daemon) == before, "\(daemon.log)")
        let records = try await daemon.vault("audit", "list", "--type", "restore", "-o", "jsonl")
        #expect(records.text.contains(#""outcome":"kept""#) && records.text.contains(#""outcome":"closed""#))

        // Another address is another listener, and none is none.
        try daemon.writePolicy(Self.policy(try unusedPort()), to: "ports.yaml")
        #expect(try await daemon.vault("reload").status == .exited(0))
        _ = try await onThread { try Self.await("FDSTOREREMOVE=1", on: manager) }
        let second = try await onThread { try Self.await("FDSTORE=1", on: manager) }
        #expect(try second.descriptors.first.map { try FileStatus(of: $0).inode } != before)
        let without = Self.policy(port).split(separator: "\n").filter {
            !$0.contains("listen:") && !$0.contains("name:")
        }
        try daemon.writePolicy(
            without.joined(separator: "\n").replacing("capabilities:", with: "capabilities: []"), to: "ports.yaml")
        let reloaded = try await daemon.vault("reload")
        #expect(reloaded.status == .exited(0), "\(reloaded.errorText)")
        let last = try await onThread { try Self.await("FDSTOREREMOVE=1", on: manager) }
        #expect(last.lines == ["FDSTOREREMOVE=1", "FDNAME=\(Self.stored)"])
        try shell.child.signal(SIGTERM)
        #expect(try await onThread { try shell.child.wait() } == .exited(0), "\(daemon.log)")
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
            let holder = Running(
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
        try holder.child.signal(SIGKILL)
        _ = try await onThread { try holder.child.wait() }
        try await waitUntil("the broker to listen", limit: .seconds(20)) {
            try await daemon.vault("list", "-o", "jsonl", Self.name).text.contains("\"ready\"")
        }
    }
}

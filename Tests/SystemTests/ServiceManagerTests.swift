// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// `vaultd` under a service manager: socket activation and `sd_notify`.
@Suite struct ServiceManagerTests {
    /// The next message at a manager's socket about the state of the service, as its lines; listeners to be kept are not.
    private func nextNotice(on socket: HeldDescriptor, limit: Duration = .seconds(30)) throws -> [String] {
        while true {
            let notice = try nextMessage(on: socket, limit: limit)
            if !notice.contains("FDSTORE=1") { return notice }
        }
    }

    private func nextMessage(on socket: HeldDescriptor, limit: Duration) throws -> [String] {
        try waitOnThread(on: socket, what: "a notice to the service manager", limit: limit)
        return try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let message = try MessageSocket.receive(into: buffer, room: .mostDescriptors, on: socket)
            return String(decoding: buffer[..<message.byteCount], as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    @Test("READY=1 comes when the socket listens, RELOADING=1 and READY=1 at SIGHUP, STOPPING=1 at SIGTERM")
    func notices() async throws {
        let manager = try TemporaryDirectory(mode: 0o755)
        let path = manager.path("notify")
        let receiver = HeldDescriptor(try UnixSocket.bind(to: .path(path), type: .datagram, mode: 0o666))
        var options = StandardVault.options
        options.environment = ["NOTIFY_SOCKET=\(path)"]
        let daemon = try await Daemon.start(options)
        try await onThread {
            var notices: [String] = []
            while !notices.contains("READY=1") { notices += try self.nextNotice(on: receiver) }
            #expect(try UnixSocket.state(ofPath: daemon.socket) == .live)
            try daemon.signal(SIGHUP)
            notices = []
            while !notices.contains("READY=1") { notices += try self.nextNotice(on: receiver) }
            #expect(notices.contains("RELOADING=1"))
            try daemon.signal(SIGTERM)
            notices = []
            while !notices.contains("STOPPING=1") { notices += try self.nextNotice(on: receiver) }
        }
    }

    @Test("The loop gives signs of life, twice in the time that the manager allows, if they are meant for this process")
    func watchdog() async throws {
        let manager = try TemporaryDirectory(mode: 0o755)
        let path = manager.path("notify")
        let receiver = HeldDescriptor(try UnixSocket.bind(to: .path(path), type: .datagram, mode: 0o666))
        var options = StandardVault.options
        options.environment = ["NOTIFY_SOCKET=\(path)", "WATCHDOG_USEC=400000"]
        let daemon = try await Daemon.start(options)
        try await onThread {
            var signs = 0
            while signs < 4 { signs += try self.nextNotice(on: receiver).count { $0 == "WATCHDOG=1" } }
            // One that hangs gives none.
            try daemon.signal(SIGSTOP)
            while (try? self.nextNotice(on: receiver, limit: .seconds(1))) != nil {}
            try daemon.signal(SIGCONT)
            _ = try self.nextNotice(on: receiver)
        }
        var other = StandardVault.options
        let ready = manager.path("other")
        let second = HeldDescriptor(try UnixSocket.bind(to: .path(ready), type: .datagram, mode: 0o666))
        other.environment = ["NOTIFY_SOCKET=\(ready)", "WATCHDOG_USEC=400000", "WATCHDOG_PID=1"]
        let silent = try await Daemon.start(other)
        try await onThread {
            var notices: [String] = []
            while !notices.contains("READY=1") { notices += try self.nextNotice(on: second) }
            while let more = try? self.nextNotice(on: second, limit: .seconds(1)) { notices += more }
            #expect(!notices.contains("WATCHDOG=1"), "\(notices)")
        }
        _ = silent
    }

    @Test("STATUS says what is wrong first, and else what there is")
    func status() async throws {
        let manager = try TemporaryDirectory(mode: 0o755)
        let path = manager.path("notify")
        let receiver = HeldDescriptor(try UnixSocket.bind(to: .path(path), type: .datagram, mode: 0o666))
        var options = StandardVault.options
        // A policy directory of the broker's own user would be what is wrong first.
        options.owner = nil
        options.environment = ["NOTIFY_SOCKET=\(path)", "WATCHDOG_USEC=1000000"]
        let daemon = try await Daemon.start(options)
        try await onThread {
            // Signs of life may come before.
            var notice: [String] = []
            while !notice.contains("READY=1") { notice = try self.nextNotice(on: receiver) }
            #expect(notice.contains { $0.hasPrefix("STATUS=8 capabilities, ") }, "\(notice)")
            try daemon.writePolicy(
                "vault: 1\ncapabilities: [ { name: gone, file: { path: \"@DIRECTORY@/gone\" } } ]\n", to: "gone.yaml")
            try daemon.signal(SIGHUP)
            // It is opened after the reload, and may be told with a later sign of life.
            let isTold = { (lines: [String]) in
                lines.contains { $0.hasPrefix("STATUS=gone: No such file or directory") }
            }
            var all: [String] = []
            for _ in 0..<40 where !isTold(all) || !all.contains("READY=1") {
                all += try self.nextNotice(on: receiver)
            }
            #expect(isTold(all), "\(all)")
            #expect(all.contains("READY=1"))
        }
    }

    @Test("An activation socket is served, calls that came before the start included, and is not removed at the end")
    func activation() async throws {
        let daemon = try await Daemon(StandardVault.options)
        let listener = HeldDescriptor(try UnixSocket.listen(at: .path(daemon.socket), mode: 0o666))
        // As a manager does it; the credentials of the first message show that SO_PASSCRED is set even so.
        let command = daemon.command
        let status = try await onThread {
            let early = try RawConnection(to: daemon.socket)
            try early.send(RawConnection.whoAmI)
            let log = HeldDescriptor(
                try OwnedDescriptor.open(daemon.directory.path("log"), flags: O_WRONLY | O_APPEND))
            // Only a process itself can say its number, so the shell does before it becomes the daemon.
            let words = [command.path.string] + command.arguments
            let script = #"LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=vault exec "$@""#
            let shell = try ChildProcess.spawn(
                "/bin/sh", arguments: ["sh", "-c", script, "sh"] + words, environment: command.environment,
                passing: [(listener, 3), (log, 1), (log, 2)])
            let reply = try early.reply(limit: .seconds(30))
            #expect(reply?.parameters["identity"]?["pid"]?.integer == Int64(getpid()), "\(daemon.log)")
            let later = try RawConnection(to: daemon.socket)
            #expect(try later.call(RawConnection.whoAmI)?.error == nil)
            try shell.signal(SIGTERM)
            return try shell.wait()
        }
        #expect(status == .exited(0), "\(daemon.log)")
        #expect(daemon.socket.withPlatformString { access($0, F_OK) } == 0)
    }

    @Test("A daemon that cannot start tells the manager why, and what to try, as its last status")
    func toldWhyNot() async throws {
        let manager = try TemporaryDirectory(mode: 0o755)
        let path = manager.path("notify")
        let receiver = HeldDescriptor(try UnixSocket.bind(to: .path(path), type: .datagram, mode: 0o666))
        var options = StandardVault.options
        options.environment = ["NOTIFY_SOCKET=\(path)"]
        options.arguments = ["--accept-rollback"]
        let daemon = try await Daemon(options)
        let result = try await daemon.command.run()
        #expect(result.status == .exited(2), "\(result.errorText)")
        try await onThread {
            let notice = try self.nextNotice(on: receiver)
            #expect(
                notice == [
                    "STATUS=cannot start: there is nothing to accept: the log is the one that was signed."
                        + " Try: start vaultd without --accept-rollback"
                ])
        }
    }
}

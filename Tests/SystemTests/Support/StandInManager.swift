// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultTestKit

/// A socket in the place of the service manager's, and the start of a daemon with what that has kept.
struct StandInManager: Sendable {
    /// What a service manager receives: lines, and the descriptors with them.
    struct Notice: Sendable {
        var lines: [String]
        var descriptors: [HeldDescriptor]
    }

    /// A process that threads can share.
    final class Running: Sendable {
        let child: ChildProcess

        init(_ child: consuming ChildProcess) { self.child = child }
    }

    private let directory: TemporaryDirectory
    private let socket: HeldDescriptor

    init() throws {
        directory = try TemporaryDirectory(mode: 0o755)
        socket = HeldDescriptor(
            try UnixSocket.bind(to: .path(directory.path("notify")), type: .datagram, mode: 0o666))
    }

    /// What tells the daemon of it.
    var environment: String { "NOTIFY_SOCKET=\(directory.path("notify"))" }

    /// Receives notices until one has this line.
    func notice(_ line: String) async throws -> Notice {
        try await onThread {
            while true {
                try waitOnThread(on: socket, what: "the notice \(line)", limit: .seconds(30))
                let notice = try receive()
                if notice.lines.contains(line) { return notice }
            }
        }
    }

    /// Receives notices until each of these lines has come.
    /// - Returns: all of them.
    func notices(_ lines: Set<String>) async throws -> [Notice] {
        try await onThread {
            var (notices, missing): ([Notice], Set<String>) = ([], lines)
            while !missing.isEmpty {
                try waitOnThread(on: socket, what: "the notices \(missing)", limit: .seconds(30))
                notices.append(try receive())
                missing.subtract(notices.last?.lines ?? [])
            }
            return notices
        }
    }

    /// Receives what has come by now.
    func pending() throws -> [Notice] {
        var notices: [Notice] = []
        while try !Readiness.wait(for: .readable, on: socket, until: .now).isEmpty { notices.append(try receive()) }
        return notices
    }

    private func receive() throws -> Notice {
        try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            var message = try MessageSocket.receive(into: buffer, room: .mostDescriptors, on: socket)
            let text = String(decoding: buffer[..<message.byteCount], as: UTF8.self)
            var descriptors: [HeldDescriptor] = []
            while let next = message.descriptors.popLast() { descriptors.append(HeldDescriptor(next)) }
            return Notice(lines: text.split(separator: "\n").map(String.init), descriptors: descriptors)
        }
    }

    /// Starts a daemon as the manager does, with what was kept under its names.
    func start(_ daemon: Daemon, with kept: [(name: String, descriptor: HeldDescriptor)]) async throws -> Running {
        let command = daemon.command
        return try await onThread {
            let log = HeldDescriptor(
                try OwnedDescriptor.open(daemon.directory.path("log"), flags: O_WRONLY | O_APPEND))
            let names = kept.map(\.name).joined(separator: ":")
            let script = "LISTEN_PID=$$ LISTEN_FDS=\(kept.count) LISTEN_FDNAMES='\(names)' exec \"$@\""
            let handed: [ChildProcess.Passing] = kept.enumerated().map { ($0.element.descriptor, CInt($0.offset) + 3) }
            return Running(
                try ChildProcess.spawn(
                    "/bin/sh", arguments: ["sh", "-c", script, "sh", command.path.string] + command.arguments,
                    environment: command.environment, passing: handed + [(log, 1), (log, 2)]))
        }
    }
}

extension StandInManager.Running {
    /// SIGTERM, and the end.
    func stop() async throws -> ExitStatus {
        try child.signal(SIGTERM)
        return try await onThread { try self.child.wait() }
    }

    /// SIGKILL, and the end.
    func crash() async throws {
        try child.signal(SIGKILL)
        _ = try await onThread { try self.child.wait() }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Synchronization
import SystemPackage
import VaultTestKit

/// What a service manager does with `vaultd-opener.socket`: it listens, and starts `vaultd --opener` for each connection.
/// Everything that it has started is killed when the last reference goes.
final class ServiceManagerOfOpeners: Sendable {
    let socket: FilePath
    private let openers = Mutex<[Int32]>([])
    private let isOver = Atomic(false)

    /// - Parameter arguments: of each opener, beside `--opener`.
    init(at socket: FilePath, for daemon: Daemon) throws {
        self.socket = socket
        let listener = HeldDescriptor(try UnixSocket.listen(at: .path(socket), type: .seqpacket, mode: 0o666))
        var command = daemon.command
        // The opener is root, whoever the broker is.
        if let start = command.arguments.firstIndex(where: { $0.hasSuffix("/vaultd") }) {
            command.arguments.removeFirst(start + 1)
            command.path = daemon.programs.appending("vaultd")
        }
        startThread { [weak self, command] in
            while let self, !self.isOver.load(ordering: .relaxed) {
                let limit = BootTime.now.advanced(by: .milliseconds(20))
                guard let ready = try? Readiness.wait(forAnyOf: [(listener, .readable)], until: limit),
                    !ready[0].isEmpty,
                    let connection = try? UnixSocket.accept(on: listener, nonBlocking: false)
                else { continue }
                self.start(command, HeldDescriptor(connection), daemon)
            }
        }
    }

    private func start(_ command: Command, _ connection: HeldDescriptor, _ daemon: Daemon) {
        guard let log = try? OwnedDescriptor.open(daemon.directory.path("log"), flags: O_WRONLY | O_APPEND) else {
            return
        }
        let held = HeldDescriptor(log)
        // Only a process itself can say its number, so the shell does before it becomes the opener.
        let script = #"LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=connection exec "$@""#
        let words = [command.path.string] + command.arguments + ["--opener"]
        do {
            let child = try ChildProcess.spawn(
                "/bin/sh", arguments: ["sh", "-c", script, "sh"] + words, environment: command.environment,
                passing: [(connection, 3), (held, 1), (held, 2)])
            let pid = child.pid
            openers.withLock { $0.append(pid) }
        } catch {
            // The connection is closed, as a manager does it that cannot start the service.
        }
    }

    /// Of all that were started, the newest last.
    var pids: [Int32] { openers.withLock { $0 } }

    deinit {
        isOver.store(true, ordering: .relaxed)
        for pid in pids {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
    }
}

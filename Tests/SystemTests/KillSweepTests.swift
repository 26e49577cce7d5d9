// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// "No descriptor leaves before the record of it is durable", whichever system call the daemon dies in.
@Suite(.serialized) struct KillSweepTests {
    /// Every call between the arrival of a request and its answer, with how many of it are tried.
    private static let calls: [(name: String, count: Int)] = [
        ("recvmsg", 4), ("epoll_wait,epoll_pwait", 8), ("pwrite64", 12), ("fdatasync", 3), ("sendmsg", 6),
        ("write", 8), ("futex", 40), ("openat", 4), ("close", 6), ("fcntl", 12), ("read", 8),
    ]

    private static var sweep: [(name: String, number: Int)] {
        let all = calls.flatMap { call in (1...call.count).map { (call.name, $0) } }
        if Soak.isOn { return all }
        return [("pwrite64", 1), ("pwrite64", 3), ("fdatasync", 1), ("sendmsg", 1), ("write", 2), ("futex", 5)]
    }

    /// Asks for descriptors until the daemon is gone, and tells which records came with one.
    private func openUntilKilled(_ daemon: Daemon) -> String {
        var received = ""
        guard let connection = try? RawConnection(to: daemon.socket) else { return received }
        for _ in 0..<50 {
            guard let reply = try? connection.call(RawConnection.open("files/secret")) else { break }
            guard let grant = reply.parameters["grants"]?.array?.first, !reply.descriptors.isEmpty,
                let record = grant["record"]?.integer
            else { continue }
            received += "\(record) files/secret\n"
        }
        return received
    }

    @Test(
        "Killed in any system call between decision and send, the log verifies and holds each descriptor that was received",
        .enabled(if: Injection.isPossible && Programs.python != nil, "needs root, strace and python3"))
    func sweep() async throws {
        let daemon = try await StandardVault.start()
        var received = ""
        var kills = 0
        for (name, number) in Self.sweep {
            let pid = try daemon.pid
            let injection = try await onThread {
                try Injection("\(name):signal=SIGKILL:when=\(number)", into: pid)
            }
            received += await onThread { openUntilKilled(daemon) }
            let isAlive = await onThread { kill(pid, 0) == 0 && RawConnection.answers(daemon.socket) }
            if !isAlive { kills += 1 }
            withExtendedLifetime(injection) {}
            try await daemon.crash()
            try await daemon.start()
        }
        #expect(kills * 2 >= Self.sweep.count, "few of the kills met their call")
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon, received: [geteuid(): received])
    }
}

extension RawConnection {
    /// Whether somebody serves the socket.
    fileprivate static func answers(_ path: FilePath) -> Bool {
        (try? RawConnection(to: path).call(whoAmI)) ?? nil != nil
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// Either daemon is killed at each step of a takeover: one of them serves, and what was deposited is in somebody's hands.
@Suite(
    .enabled(
        if: Injection.isPossible && Command.canChangeUser && Programs.python != nil,
        "needs root, setpriv, strace, python3"))
struct TakeoverCrashTests {
    /// Its first messages are its greeting, `got` and `all`; then it has the log, opens it, and records its start.
    @Test(
        "The one that begins is killed at some step: the former goes on",
        arguments: [
            "sendmsg:signal=KILL:when=1", "sendmsg:signal=KILL:when=2", "sendmsg:signal=KILL:when=3",
            "pwrite64:signal=KILL:when=1", "fdatasync:signal=KILL:when=1", "fdatasync:signal=KILL:when=2",
        ])
    func latterIsKilled(injection: String) async throws {
        let daemon = try await TakeoverVault.start()
        try await TakeoverVault.deposit(daemon)
        let pid = try daemon.pid
        await #expect(throws: DaemonFailure.self) {
            try await daemon.takeOver(under: Injection.start(["-o", "/dev/null", "-e", "inject=\(injection)"]))
        }
        try await waitUntil("the former serves", limit: .seconds(30)) {
            try await TakeoverVault.deposited(daemon) == "kept\n"
        }
        #expect(try daemon.pid == pid)
        let began = try await TakeoverVault.records(daemon, "handover").count
        #expect(began == (injection == "sendmsg:signal=KILL:when=1" ? 0 : 1), "\(daemon.log)")
        #expect(try await TakeoverVault.records(daemon, "handover.end").count == began)
        #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)")
        #expect(try await TakeoverVault.deposited(daemon) == "kept\n", "\(daemon.log)")
        try await daemon.terminate()
        try await StoredLog.check(daemon)
    }

    @Test("The former is killed in its n-th message: the one that begins goes on with what it has", arguments: 1...5)
    func formerIsKilled(number: Int) async throws {
        let daemon = try await TakeoverVault.start()
        try await TakeoverVault.deposit(daemon)
        let injection = try Injection("sendmsg:signal=KILL:when=\(number)", into: daemon.pid)
        let status: Descriptors.ExitStatus?
        do {
            status = try await daemon.takeOver()
        } catch is DaemonFailure {
            status = nil
        }
        try injection.end()
        if let status {
            #expect(status == (number > 4 ? .exited(0) : .killed(signal: SIGKILL, dumpedCore: false)), "\(daemon.log)")
            // The offer is the first, the batch the second: what it had sent before is there.
            if number > 2 { #expect(try await TakeoverVault.deposited(daemon) == "kept\n", "\(daemon.log)") }
        } else {
            // It had said nothing yet: there is nothing that the other could go on with.
            #expect(number == 1, "\(daemon.log)")
            try await daemon.start()
        }
        if number <= 2 {
            #expect(
                try await TakeoverVault.records(daemon, "remove").compactMap { $0["why"]?.string } == ["lost"])
        }
        #expect(try await daemon.vault("status").status.isSuccess)
        try await daemon.terminate()
        try await StoredLog.check(daemon)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Synchronization
import SystemPackage
import Testing
import VaultClient
import VaultTestKit

/// The disk fails while deposits come back, which are recorded some at a time: between any two of these lots.
@Suite(.enabled(if: Injection.isPossible && Programs.python != nil, "needs root, strace and python3"))
struct ReturningDepositTests {
    /// Three lots.
    private static let count = 150

    private static func options(_ environment: [String] = []) -> Daemon.Options {
        var options = Daemon.Options()
        options.policies = [
            "deposits.yaml": """
            vault: 1
            rules:
              - { id: all, permit: [open, deposit, remove, list], capability: "d/**", to: { uid: \(geteuid()) }, deposits: 1000 }
            """
        ]
        options.configuration = "limits: { deposits-per-uid: 1000 }\n"
        options.environment = environment
        // It starts under the injection that the file `inject` names, if there is one.
        let strace = #"exec strace -D -f -q -o /dev/null -e inject="$(cat @DIRECTORY@/inject)" "$0" "$@""#
        options.prefix = ["sh", "-c", "if test -s @DIRECTORY@/inject; then \(strace); fi; exec \"$0\" \"$@\""]
        return options
    }

    private static func deposit(_ daemon: Daemon) async throws {
        let socket = daemon.socket.string
        try await onThread {
            let vault = try VaultConnection(.path(socket), timeLimit: .seconds(30))
            for number in 0..<count {
                let text = Array("kept \(number)".utf8)
                let memory = try SealedMemory.makeCopy(name: "m", contents: text.span, owner: nil)
                _ = try vault.deposit(memory, as: "d/\(number)")
            }
        }
    }

    private static func held(_ daemon: Daemon) async throws -> Int {
        let socket = daemon.socket.string
        return try await onThread {
            try VaultConnection(.path(socket), timeLimit: .seconds(60)).list("d/**").count { $0.state == "ready" }
        }
    }

    /// All are there, each with what it held, and the log has lost none.
    private static func expectAll(_ daemon: Daemon, _ comment: String) async throws {
        try await waitUntil("all to be back: \(comment)", limit: .seconds(20)) { try await held(daemon) == count }
        for number in [0, 63, 64, 127, 128, 149] {
            // Opened anew, so that none depends on how far another has read; the failure may meet this grant.
            try await waitUntil("d/\(number) to be had: \(comment)", limit: .seconds(20)) {
                let read = ["exec", "--fd", "5=d/\(number)", "--", "cat", "/proc/self/fd/5"]
                return try await daemon.vaultCommand(read).run().text == "kept \(number)"
            }
        }
        let gone = try await daemon.vault("audit", "list", "--type", "remove", "-o", "jsonl").text
        #expect(gone.isEmpty, "\(comment): \(gone)")
    }

    private static func inject(_ rule: String, _ daemon: Daemon) throws {
        try daemon.directory.write(rule, to: "inject", mode: 0o644)
    }

    // MARK: Kept by the service manager

    private struct Kept {
        let manager: StandInManager
        let daemon: Daemon
        private(set) var entries: [(name: String, descriptor: HeldDescriptor)] = []

        init() async throws {
            manager = try StandInManager()
            daemon = try await Daemon.start(ReturningDepositTests.options([manager.environment]))
            let daemon = daemon
            async let deposited: Void = ReturningDepositTests.deposit(daemon)
            while entries.count < ReturningDepositTests.count {
                let notice = try await manager.notice("FDSTORE=1")
                let name = try #require(notice.lines.first { $0.hasPrefix("FDNAME=") }?.dropFirst(7))
                entries.append((String(name), try #require(notice.descriptors.first)))
            }
            try await deposited
            try await daemon.crash()
        }

        /// Starts one under that injection, and waits until it serves: what is kept for it is given up nowhere meanwhile.
        /// - Returns: nil where it has ended, since the log could not be opened: the manager would start another.
        func start(_ rule: String) async throws -> StandInManager.Running? {
            try ReturningDepositTests.inject(rule, daemon)
            let running = try await manager.start(daemon, with: entries)
            let hasEnded = Mutex(false)
            try await waitUntil("it to serve, or to end", limit: .seconds(60)) {
                if try ProcessDescriptor.isAlive(running.child.pidfd) {
                    return (try? await ReturningDepositTests.held(daemon)) != nil
                }
                hasEnded.withLock { $0 = true }
                return true
            }
            #expect(try !manager.pending().contains { $0.lines.contains("FDSTOREREMOVE=1") }, "\(rule): \(daemon.log)")
            guard hasEnded.withLock({ $0 }) else { return running }
            #expect(daemon.log.contains("vaultd: cannot "), "\(rule): \(daemon.log)")
            _ = try await onThread { try running.child.wait() }
            return nil
        }
    }

    @Test("Whichever fdatasync of a start fails once, all come back by themselves")
    func once() async throws {
        let kept = try await Kept()
        for number in 1...Soak.count(7, full: 12) {
            guard let running = try await kept.start("fdatasync:error=EIO:when=\(number)") else { continue }
            try await Self.expectAll(kept.daemon, "failure \(number)")
            try await running.crash()
        }
        let last = try #require(try await kept.start(""))
        try await Self.expectAll(kept.daemon, "at last")
        #expect(try await last.stop() == .exited(0), "\(kept.daemon.log)")
        try await StoredLog.check(kept.daemon)
    }

    @Test("A disk that stays dead from whichever fdatasync on: status tells what cannot be had, the next start has all")
    func forGood() async throws {
        let kept = try await Kept()
        var partly = 0
        for number in 1...Soak.count(7, full: 12) {
            guard let running = try await kept.start("fdatasync:error=EIO:when=\(number)+") else { continue }
            let held = try await Self.held(kept.daemon)
            let status = try await kept.daemon.vault("status").text
            if held < Self.count {
                #expect(
                    status.contains("\(Self.count - held) deposits of the run before cannot be had")
                        && status.contains("the log cannot be written"), "\(number): \(status)")
            }
            if held > 0, held < Self.count { partly += 1 }
            try await running.crash()
        }
        #expect(partly >= 2, "it failed between two lots")
        let last = try #require(try await kept.start(""))
        try await Self.expectAll(kept.daemon, "at last")
        #expect(try await kept.daemon.vault("status").text.hasPrefix("no problems"))
        #expect(try await last.stop() == .exited(0), "\(kept.daemon.log)")
        try await StoredLog.check(kept.daemon)
    }

    @Test("A daemon that takes over, and whose disk fails at whichever fdatasync: whoever serves then has all")
    func takenOver() async throws {
        let daemon = try await Daemon.start(Self.options())
        try await Self.deposit(daemon)
        for number in 1...Soak.count(7, full: 12) {
            try Self.inject("fdatasync:error=EIO:when=\(number)", daemon)
            do {
                #expect(try await daemon.takeOver() == .exited(0), "\(number): \(daemon.log)")
            } catch is DaemonFailure {
                #expect(daemon.log.contains("no daemon has taken over; this one goes on"), "\(number): \(daemon.log)")
            }
            try await Self.expectAll(daemon, "failure \(number)")
        }
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon)
    }
}

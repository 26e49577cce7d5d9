// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Synchronization
import SystemPackage
import Testing
import VaultClient
import VaultTestKit

/// Takeovers while clients ask without a pause.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: the daemon is another user's, as are its clients"))
struct TakeoverLoadTests {
    /// What all clients together met.
    private final class Met: Sendable {
        struct State {
            var records: [Int] = []
            var reconnects = 0
            var failures: [String] = []
            var isOver = false
        }

        private let state = Mutex(State())

        func change(_ body: @Sendable (inout State) -> Void) { state.withLock { body(&$0) } }
        var now: State { state.withLock { $0 } }
        var isOver: Bool { state.withLock { $0.isOver } }
        var count: Int { state.withLock { $0.records.count } }
    }

    @Test(
        "Clients that ask without a pause see nothing but connections that end, and each grant they got is in the log")
    func load() async throws {
        let clients = Soak.count(8, full: 64)
        let rounds = Soak.count(3, full: 10)
        let daemon = try await TakeoverVault.start()
        try await TakeoverVault.deposit(daemon)
        let met = Met()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<clients {
                group.addTask { await onThread { Self.ask(daemon.socket, met) } }
            }
            for _ in 0..<rounds {
                let before = met.count
                try await waitUntil("each client to get something", limit: .seconds(60)) {
                    met.count > before + clients * 4
                }
                #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)")
                #expect(try await TakeoverVault.deposited(daemon) == "kept\n", "\(daemon.log)")
            }
            met.change { $0.isOver = true }
            try await group.waitForAll()
        }
        let all = met.now
        #expect(all.failures.isEmpty, "\(all.failures.prefix(5))")
        // Each takeover ends each connection once; a call finds that out before it has sent anything, or within.
        #expect(all.reconnects <= clients * rounds, "\(all.reconnects)")
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon)
        try await daemon.start()
        let stored = try await TakeoverVault.records(daemon, "grant").compactMap { $0["index"]?.integer }
        #expect(Set(all.records.map(Int64.init)).isSubset(of: stored))
        #expect(Set(all.records).count == all.records.count, "two grants with one record")
        #expect(try await daemon.terminate() == .exited(0))
    }

    private static func ask(_ socket: FilePath, _ met: Met) {
        do throws(VaultError) {
            let vault = try VaultConnection(.path(socket.string), timeLimit: .seconds(30))
            while !met.isOver {
                do throws(VaultError) {
                    let record = try vault.open("c/shared", rights: .read).record
                    met.change { $0.records.append(record) }
                } catch .disconnected {
                    met.change { $0.reconnects += 1 }
                } catch {
                    met.change { $0.failures.append("\(error)") }
                }
            }
        } catch {
            met.change { $0.failures.append("\(error)") }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultClient
import VaultTestKit

/// As many deposits as there is room for.
@Suite(.enabled(if: Command.canChangeUser && Command.find("prlimit") != nil, "needs root, setpriv and prlimit"))
struct ManyDepositsTests {
    private static func options(descriptors: Int) -> Daemon.Options {
        var options = StandardVault.options
        options.configuration = """
            run-as: nobody
            opener: { roots: ["@DIRECTORY@"] }
            limits: { records-per-uid: 1000000, deposits-per-uid: 100000 }
            """
        options.policies = [
            "many.yaml": """
            vault: 1
            rules:
              - { id: all, permit: [open, deposit, remove, list], capability: "**", to: { uid: \(geteuid()) }, deposits: 100000 }
            """
        ]
        options.prefix = ["prlimit", "--nofile=\(descriptors):\(descriptors)", "--"]
        return options
    }

    /// Deposits one piece of memory under so many names, until one is refused.
    private func fill(_ daemon: Daemon, upTo count: Int) async throws -> (held: Int, refusal: VaultError?) {
        let socket = daemon.socket.string
        return try await onThread {
            let vault = try VaultConnection(.path(socket), timeLimit: .seconds(30))
            let memory = try SealedMemory.makeCopy(name: "m", contents: Array("kept".utf8).span, owner: nil)
            for number in 0..<count {
                do throws(VaultError) {
                    _ = try vault.deposit(memory, as: "d/\(number)")
                } catch {
                    return (number, error)
                }
            }
            return (count, nil)
        }
    }

    private func listed(_ daemon: Daemon) async throws -> Int {
        let socket = daemon.socket.string
        return try await onThread {
            try VaultConnection(.path(socket), timeLimit: .seconds(60)).list("d/**").count { $0.state == "ready" }
        }
    }

    @Test("Many are held, listed and taken over, all of them")
    func many() async throws {
        // Of a quarter of the descriptors that the daemon may have one user gets three quarters.
        let limit = Int(clamping: try ResourceLimits.openFiles().hard)
        let count = min(Soak.count(600, full: 10_000), limit / 8)
        let daemon = try await Daemon.start(Self.options(descriptors: min(limit, 8 * count)))
        let (held, refusal) = try await fill(daemon, upTo: count)
        #expect(held == count && refusal == nil, "\(held): \(String(describing: refusal))")
        #expect(try await listed(daemon) == count)
        let end = try await daemon.takeOver()
        #expect(end == .exited(0), "\(daemon.log)")
        #expect(try await listed(daemon) == count)
        try await daemon.terminate()
        try await StoredLog.check(daemon)
    }

    @Test(
        "With no descriptor left for more, a deposit is refused in clear words; nothing is lost, and the rest goes on")
    func full() async throws {
        let daemon = try await Daemon.start(Self.options(descriptors: 256))
        let (held, refusal) = try await fill(daemon, upTo: 1_000)
        #expect(held >= 16 && held < 256)
        guard case .quotaExceeded("deposits-per-uid", _)? = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(try await listed(daemon) == held)
        let cat = try await daemon.vault("cat", "d/0")
        #expect(cat.text == "kept", "\(cat.errorText)")
        // As full as that it is taken over from.
        let end = try await daemon.takeOver()
        #expect(end == .exited(0), "\(daemon.log)")
        #expect(try await listed(daemon) == held)
        #expect(try await daemon.vault("remove", "d/0").status.isSuccess)
        #expect(try await fill(daemon, upTo: 1).held == 1)
        try await daemon.terminate()
        try await StoredLog.check(daemon)
    }
}

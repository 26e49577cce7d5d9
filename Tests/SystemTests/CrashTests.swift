// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// "No descriptor leaves before the record of it is durable."
@Suite(.serialized) struct CrashTests {
    private static let scripts = Programs.checkout.appending("Tests/SystemTests/Scripts")

    /// Opens all but what is hidden, for several users, so that each kind of answer comes up.
    private static func options(users: [UInt32]) -> Daemon.Options {
        var options = StandardVault.options
        options.policies["users.yaml"] = """
            vault: 1
            rules:
              - id: users-open-all-but-what-is-hidden
                permit: [open]
                capability: [files/**, memory/**, ports/**]
                to: { uid: [\(users.map(String.init).joined(separator: ", "))] }

            """
        return options
    }

    /// What came of a storm: what each client received, and how often the daemon was killed.
    private struct Storm {
        var clients: [(uid: UInt32, result: CommandResult)] = []
        var kills = 0
    }

    /// Runs clients for `seconds`, and kills and restarts the daemon all the while.
    private func storm(
        on daemon: Daemon, users: [UInt32], seconds: Int, seed: Seed, connections: Int = 64,
        pauses: ClosedRange<Int> = 50...1500
    ) async throws -> Storm {
        let python = try #require(Programs.python)
        // The checkout may lie where other users cannot look.
        let text = try WholeFile.text(Self.scripts.appending("storm_client.py"))
        let script = try daemon.directory.write(text, to: "storm_client.py", mode: 0o644).string
        return try await withThrowingTaskGroup { group in
            for (index, uid) in users.enumerated() {
                let arguments = [
                    script, daemon.socket.string, "\(connections / users.count)", "\(seconds)",
                    "\(seed.value &+ UInt64(index))",
                ]
                var command = daemon.client(
                    python, arguments, uid: Command.canChangeUser && uid != geteuid() ? uid : nil)
                command.timeLimit = .seconds(seconds + 180)
                let client = command
                group.addTask { (uid, try await client.run()) }
            }
            var generator = seed.generator
            var storm = Storm()
            let end = ContinuousClock.now.advanced(by: .seconds(seconds))
            while ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(Int.random(in: pauses, using: &generator)))
                try await daemon.crash()
                try await daemon.start()
                storm.kills += 1
            }
            for try await result in group { storm.clients.append(result) }
            return storm
        }
    }

    @Test(
        "Whatever is killed when: each descriptor that a client received has its record, and the tree is whole",
        .enabled(if: Programs.python != nil, "needs python3"))
    func killedAtRandom() async throws {
        let users = Command.canChangeUser ? [4711, 4712, 4713, 4714] : [geteuid()]
        let seed = Seed()
        let daemon = try await Daemon.start(Self.options(users: users))
        let storm = try await storm(on: daemon, users: users, seconds: Soak.count(8, full: 60), seed: seed)
        // What the last crash left undecided is decided at the next start.
        #expect(try await daemon.terminate() == .exited(0), "\(daemon.log)")
        try await check(daemon, storm.clients, seed)
    }

    @Test(
        "Killed ten thousand times in a soak, and a few times in each run: nothing that was received is missing",
        .enabled(if: Programs.python != nil, "needs python3"))
    func killedOften() async throws {
        let users = Command.canChangeUser ? [4711, 4712] : [geteuid()]
        var kills = 0
        // Each round is a daemon of its own, so that the check fits into memory.
        while kills < Soak.count(5, full: 10_000) {
            let seed = Seed()
            let daemon = try await Daemon.start(Self.options(users: users))
            let storm = try await storm(
                on: daemon, users: users, seconds: Soak.count(3, full: 60), seed: seed, connections: 4,
                pauses: 1...120)
            kills += storm.kills
            #expect(try await daemon.terminate() == .exited(0), "\(daemon.log)")
            try await check(daemon, storm.clients, seed)
        }
        print("killed \(kills) times")
    }

    /// Compares what the clients received with what was recorded.
    private func check(
        _ daemon: Daemon, _ clients: [(uid: UInt32, result: CommandResult)], _ seed: Seed
    ) async throws {
        var arguments = [Self.scripts.appending("check_ledger.py").string, daemon.state.string]
        for client in clients {
            #expect(client.result.status == .exited(0), "\(seed): \(client.result.errorText)")
            #expect(
                !client.result.output.isEmpty, "\(seed): the client of uid \(client.uid) got nothing\n\(daemon.log)")
            let file = try daemon.directory.write(client.result.text, to: "received-\(client.uid)")
            arguments.append("\(client.uid)=\(file)")
        }
        let check = try await Command(try #require(Programs.python), arguments: arguments).run()
        print(check.text)
        #expect(check.status == .exited(0), "\(seed): \(check.errorText)")
    }
}

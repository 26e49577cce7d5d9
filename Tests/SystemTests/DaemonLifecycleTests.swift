// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// How `vaultd` comes and goes: "A second daemon on the same state refuses at once. A stale socket is replaced, a live
/// one is not."
@Suite struct DaemonLifecycleTests {
    /// Runs a second daemon to its end, with the first one's options but for what `change` does.
    private func startAnother(
        than daemon: Daemon, _ change: (inout [String]) -> Void = { _ in }
    ) async throws -> CommandResult {
        var command = daemon.command
        change(&command.arguments)
        command.timeLimit = .seconds(20)
        return try await command.run()
    }

    @Test("A second daemon on the same state refuses at once, and the first serves on")
    func secondDaemon() async throws {
        let daemon = try await StandardVault.start()
        let result = try await startAnother(than: daemon) { arguments in
            // Another socket: only the state is the same.
            arguments = arguments.map {
                $0 == daemon.socket.string ? daemon.directory.path("run/other.sock").string : $0
            }
        }
        #expect(!result.status.isSuccess)
        #expect(result.errorText.contains(daemon.state.string), "\(result.errorText)")
        let served = try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
        #expect(served.text == StandardVault.secret)
    }

    @Test("A live socket is not replaced")
    func liveSocket() async throws {
        let daemon = try await StandardVault.start()
        let state = try TemporaryDirectory(mode: 0o777)
        let result = try await startAnother(than: daemon) { arguments in
            arguments = arguments.map { $0 == daemon.state.string ? state.path("state").string : $0 }
        }
        #expect(!result.status.isSuccess)
        #expect(result.errorText.contains(daemon.socket.string), "\(result.errorText)")
        let served = try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
        #expect(served.text == StandardVault.secret)
    }

    @Test("A stale socket, as a crash leaves it, is replaced")
    func staleSocket() async throws {
        let daemon = try await StandardVault.start()
        try await daemon.crash()
        #expect(try UnixSocket.state(ofPath: daemon.socket) == .stale)
        try await daemon.start()
        let served = try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
        #expect(served.text == StandardVault.secret, "\(served.errorText)\(daemon.log)")
    }

    @Test("What is no socket is left alone")
    func occupiedPath() async throws {
        let daemon = try await Daemon(StandardVault.options)
        try daemon.directory.write("mine", to: "run/vault.sock", mode: 0o644)
        await #expect(throws: DaemonFailure.self) { try await daemon.start() }
        #expect(try daemon.directory.read("run/vault.sock") == "mine")
    }

    @Test("SIGTERM ends it with exit code 0, and its socket goes with it", arguments: [SIGTERM, SIGINT])
    func termination(signal: CInt) async throws {
        let daemon = try await StandardVault.start()
        #expect(try await daemon.end(with: signal) == .exited(0), "\(daemon.log)")
        #expect(try UnixSocket.state(ofPath: daemon.socket) == .absent)
        // Start and stop are in the log, and the log is whole.
        try await daemon.start()
        let log = try await daemon.vault("audit", "list", "--output", "jsonl")
        let types = log.text.split(separator: "\n").compactMap { $0.firstMatch(of: /"type":"(start|stop)"/)?.1 }
        #expect(types == ["start", "stop", "start"], "\(log.text)\(log.errorText)")
    }

    @Test("Calls that were in flight at SIGTERM are answered, and then the connection ends")
    func lameDuck() async throws {
        let daemon = try await StandardVault.start()
        try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            let calls = 20
            // In one piece: with the first answer the broker has read them all.
            let call = Array(RawConnection.open("files/secret").utf8) + [UInt8(0)]
            try connection.send(Array(repeating: call, count: calls).flatMap { $0 })
            let first = try connection.replies(1)
            try daemon.signal(SIGTERM)
            let others = try connection.replies(calls)
            #expect((first + others).map(\.descriptors.count) == [Int](repeating: 1, count: calls), "\(daemon.log)")
        }
    }

    @Test("SIGHUP applies what changed in the policy directory")
    func reload() async throws {
        let daemon = try await StandardVault.start()
        let added = "added/secret"
        let before = try await daemon.vault("cat", added, uid: StandardVault.otherUser)
        #expect(!before.status.isSuccess)
        try daemon.writePolicy(
            """
            vault: 1
            capabilities:
              - name: \(added)
                file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
            rules:
              - id: added
                permit: [open]
                capability: added/*
                to: { uid: \(StandardVault.reader) }
            """, to: "added.yaml")
        try daemon.signal(SIGHUP)
        try await waitUntil("the new policy to hold") {
            try await daemon.vault("cat", added, uid: StandardVault.otherUser).text == StandardVault.secret
        }
    }

    @Test("A policy with an error is refused at SIGHUP, the log says where, and the one in force stays")
    func reloadOfABadPolicy() async throws {
        let daemon = try await StandardVault.start()
        try daemon.writePolicy("vault: 1\nrules:\n  - id: x\n    permitt: [open]\n", to: "broken.yaml")
        try daemon.signal(SIGHUP)
        try await waitUntil("the log to name the file and the key") {
            daemon.log.contains("broken.yaml") && daemon.log.contains("permitt")
        }
        let served = try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
        #expect(served.text == StandardVault.secret)
    }

    @Test("`vaultd --check` says where each value came from, starts nothing, and finds errors with their place")
    func check() async throws {
        let daemon = try await Daemon(StandardVault.options)
        let good = try await startAnother(than: daemon) { $0.append("--check") }
        #expect(good.status == .exited(0), "\(good.errorText)")
        #expect(good.text.contains(daemon.socket.string))
        #expect(good.text.contains("(--socket)"))
        #expect(try UnixSocket.state(ofPath: daemon.socket) == .absent)
        try daemon.directory.write("sokket: {}\n", to: "vaultd.yaml", mode: 0o644)
        let bad = try await startAnother(than: daemon) {
            $0 += ["--check", "--config", daemon.directory.path("vaultd.yaml").string]
        }
        #expect(!bad.status.isSuccess)
        #expect((bad.text + bad.errorText).contains("vaultd.yaml:1:1"), "\(bad.text)\(bad.errorText)")
    }
}

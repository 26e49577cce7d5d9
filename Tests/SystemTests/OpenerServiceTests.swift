// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// The opener as the service manager starts it: one for each connection of the broker, which has no rights of its own.
@Suite struct OpenerServiceTests {
    /// A broker that is an ordinary user from its start, where that can be.
    private func daemon() async throws -> Daemon {
        var options = StandardVault.options
        options.configuration = "opener: { roots: [\"@DIRECTORY@\"] }\nlimits: { records-per-uid: 1000000 }\n"
        if geteuid() == 0 {
            options.uid = StandardVault.brokerUser
            options.configuration? += "run-as: nobody\n"
        }
        let daemon = try await Daemon(options)
        return daemon
    }

    private func start(_ daemon: Daemon, _ socket: FilePath) async throws {
        try await daemon.start(adding: ["--system", "--opener-socket", socket.string])
    }

    /// As root, whatever the broker runs as.
    private func openers(of daemon: Daemon, at socket: FilePath) throws -> ServiceManagerOfOpeners {
        try ServiceManagerOfOpeners(at: socket, for: daemon)
    }

    private func secret(of daemon: Daemon) async throws -> String {
        try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser).text
    }

    @Test("A broker without rights opens by the opener of a connection", .enabled(if: Command.canChangeUser))
    func opens() async throws {
        let daemon = try await daemon()
        let socket = daemon.directory.path("opener.sock")
        let manager = try openers(of: daemon, at: socket)
        try await start(daemon, socket)
        #expect(try await secret(of: daemon) == StandardVault.secret, "\(daemon.log)")
        #expect(manager.pids.count == 1)
        // The daemon itself is the ordinary user, and `run-as`, which names that user, changes nothing.
        let status = try OwnedDescriptor.open(FilePath("/proc/\(try daemon.pid)/status")).readAll()
        #expect(String(decoding: status, as: UTF8.self).contains("Uid:\t65534\t65534\t65534\t65534"))
        // With --system root owns the vault, not who runs the broker.
        #expect(try await daemon.vault("status").status == .exited(0))
        #expect(try await daemon.vault("status", uid: StandardVault.brokerUser).status != .exited(0))
    }

    @Test(
        "When the opener dies, status says so, what is held is served, and another is connected to by itself",
        .enabled(if: Command.canChangeUser))
    func comesAgain() async throws {
        let daemon = try await daemon()
        let socket = daemon.directory.path("opener.sock")
        let manager = try openers(of: daemon, at: socket)
        try await start(daemon, socket)
        #expect(try await secret(of: daemon) == StandardVault.secret)
        let first = try #require(manager.pids.last)
        #expect(kill(first, SIGKILL) == 0)
        try await waitUntil("another opener") { manager.pids.count == 2 }
        try await waitUntil("the status to be good again") {
            try await daemon.vault("status").text.hasPrefix("no problems")
        }
        #expect(try await secret(of: daemon) == StandardVault.secret)
        #expect(daemon.log.contains("there is no opener"))
        #expect(daemon.log.contains("the opener is there again"))
    }

    @Test(
        "Without an opener the broker starts and says what is missing; what it could not open is opened when one is there",
        .enabled(if: Command.canChangeUser))
    func comesLate() async throws {
        let daemon = try await daemon()
        let socket = daemon.directory.path("opener.sock")
        try await start(daemon, socket)
        let refused = try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
        #expect(!refused.status.isSuccess)
        #expect(try await daemon.vault("status").text.hasPrefix("there is no opener at \(socket)"))
        let manager = try openers(of: daemon, at: socket)
        try await waitUntil("the capabilities to be open") {
            try await daemon.vault("status").text.hasPrefix("no problems")
        }
        #expect(manager.pids.count == 1)
        #expect(try await secret(of: daemon) == StandardVault.secret)
    }

    @Test("The opener ends with the broker", .enabled(if: Command.canChangeUser))
    func endsWithTheBroker() async throws {
        let daemon = try await daemon()
        let socket = daemon.directory.path("opener.sock")
        let manager = try openers(of: daemon, at: socket)
        try await start(daemon, socket)
        let opener = try #require(manager.pids.last)
        try await daemon.crash()
        let ended = await onThread {
            var status: CInt = 0
            return waitpid(opener, &status, 0) == opener
        }
        #expect(ended)
    }

    @Test("An opener serves the user of run-as only", .enabled(if: Command.canChangeUser))
    func servesOneUser() async throws {
        let daemon = try await daemon()
        let socket = daemon.directory.path("opener.sock")
        let manager = try openers(of: daemon, at: socket)
        // We are root, and not nobody.
        let connection = HeldDescriptor(try UnixSocket.connect(to: .path(socket), type: .seqpacket))
        try await onThread {
            try waitOnThread(on: connection, what: "the end of the connection")
            var byte: UInt8 = 0
            #expect(connection.withUnsafeNumber { read($0, &byte, 1) } == 0)
        }
        #expect(manager.pids.count == 1)
        try await waitUntil("the opener to say why") {
            daemon.log.contains("the connection is uid 0's, and vaultd runs as uid 65534")
        }
    }

    @Test(
        "Settings that others than root could have written are refused, with the remedy",
        .enabled(if: Command.canChangeUser))
    func settingsOfOthers() async throws {
        let daemon = try await daemon()
        let socket = daemon.directory.path("opener.sock")
        let file = daemon.directory.path("vaultd.yaml").string
        #expect(chmod(file, 0o666) == 0)
        let manager = try openers(of: daemon, at: socket)
        try await start(daemon, socket)
        try await waitUntil("the opener to refuse") { daemon.log.contains("Try: chmod go-w '\(file)'") }
        #expect(manager.pids.count >= 1)
        #expect(chmod(file, 0o644) == 0 && chown(file, 4711, 0) == 0)
        try await waitUntil("the opener to refuse") { daemon.log.contains("Try: chown root: '\(file)'") }
    }
}

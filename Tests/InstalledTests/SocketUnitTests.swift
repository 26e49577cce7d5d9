// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Testing
import VaultTestKit

/// The sockets that the installation brings and does not enable.
@Suite(.serialized) struct SocketUnitTests {
    private static let policyPath = "/etc/vaultd/policies/s6.yaml"
    private static let policy = """
        vault: 1
        rules:
          - { id: s6, permit: [deposit, open], capability: s6/**, to: { user: tester } }

        """
    /// Stores something unless it is there, and fetches it, in the protocol of s6-fdholderd.
    private static let client = """
        import array, os, socket, struct
        s = socket.socket(socket.AF_UNIX); s.connect('/run/vaultd/s6.sock')
        def ask(data, fds=[]):
            frame = struct.pack('>IH', len(data), len(fds)) + data
            s.sendmsg([frame], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else [])
            data, fds, _, _ = socket.recv_fds(s, 4096, 8)
            return data[6:], fds
        memory = os.memfd_create('m'); os.write(memory, b'from a client of s6')
        print(ask(b'S' + b'\\x60' + bytes(11) + b'\\x03one\\0', [memory])[0][0], flush=True)
        print(os.pread(ask(b'R\\x00\\x03one\\0')[1][0], 64, 0).decode())

        """

    /// How an article enables a socket: the lines of its text that are commands.
    private static func steps(_ article: String) throws -> [String] {
        let path = Programs.checkout.appending("Sources/\(article)")
        let text = String(decoding: try OwnedDescriptor.open(path).readAll(limit: 1 << 24), as: UTF8.self)
        return text.split(separator: "\n").filter { $0.hasPrefix("    systemctl ") }.map { String($0.dropFirst(4)) }
    }

    @Test(
        "Each article says once, and all in the same words, how the socket is enabled",
        arguments: [
            ("VaultClient/VaultClient.docc/S6Clients.md", "s6"),
            ("VaultClient/VaultClient.docc/UnitCredentials.md", "credentials"),
            ("VaultBroker/VaultBroker.docc/Numbers.md", "metrics"),
        ])
    func articles(_ article: String, _ name: String) async throws {
        let steps = try await onThread { try Self.steps(article) }
        #expect(
            steps == [
                "systemctl stop vaultd.socket vaultd.service",
                "systemctl enable --now vaultd-\(name).socket vaultd.socket vaultd.service",
            ])
    }

    @Test(
        "Clients of s6 are served where the article says, by a service that is started anew as well",
        .needsMachine, arguments: DebianSuite.allCases)
    func s6(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let configuration = try machine.read("/etc/vaultd/vaultd.yaml")
        try machine.write(configuration + "\ns6-socket: { path: /run/vaultd/s6.sock }\n", to: "/etc/vaultd/vaultd.yaml")
        try machine.write(Self.policy, to: Self.policyPath)
        let outcome: Result<Void, any Error>
        do {
            // A service that runs gets none.
            try await machine.succeed("systemctl", "start", "vaultd.service")
            #expect(try await !machine.run("systemctl", "start", "vaultd-s6.socket").status.isSuccess)
            outcome = .success(try await serveS6(machine))
        } catch {
            outcome = .failure(error)
        }
        try machine.write(configuration, to: "/etc/vaultd/vaultd.yaml")
        machine.remove(Self.policyPath)
        try await machine.succeed("systemctl", "stop", "vaultd.socket", "vaultd.service")
        try await machine.succeed("systemctl", "disable", "--now", "vaultd-s6.socket")
        try await machine.succeed("systemctl", "start", "vaultd.socket", "vaultd.service")
        try outcome.get()
    }

    private func serveS6(_ machine: Machine) async throws {
        for step in try await onThread({ try Self.steps("VaultClient/VaultClient.docc/S6Clients.md") }) {
            let result = try await machine.command(["sh", "-c", step]).run()
            try #require(result.status.isSuccess, "\(step): \(result.errorText)\n\(machine.journal())")
        }
        let client = ["setpriv", "--reuid=tester", "--clear-groups", "python3", "-c", Self.client]
        let first = try await machine.command(client).run()
        #expect(first.text == "0\nfrom a client of s6\n", "\(first.errorText)\(machine.journal())")
        #expect(try await machine.succeed("stat", "-c", "%a %U", "/run/vaultd/s6.sock").text == "666 root\n")
        try await machine.succeed("systemctl", "restart", "vaultd.service")
        // EBUSY: it is held still. What was stored first is what comes.
        let second = try await machine.command(client).run()
        #expect(second.text == "16\nfrom a client of s6\n", "\(second.errorText)\(machine.journal())")
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

/// Credentials of the service manager: the log's key, and what capabilities hold.
@Suite(.serialized, .needsMachine) struct CredentialTests {
    private static let policy = """
        vault: 1
        capabilities:
          - { name: load/credential, memory: { credential: tests.secret } }

        """

    /// `tests.secret` as a capability, handed over by those settings.
    private func serves(_ machine: Machine, _ settings: String) async throws {
        let path = "/etc/vaultd/policies/credential.yaml"
        try machine.write(Self.policy, to: path)
        defer { machine.remove(path) }
        try await machine.withSettings(settings) {
            let result = try await machine.run("vault", "cat", "load/credential")
            #expect(result.text == Machine.secret, "\(result.errorText)\(machine.journal())")
            machine.remove(path)
        }
    }

    @Test("A credential of the service is what a capability hands out", arguments: DebianSuite.allCases)
    func capability(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try machine.write(Machine.secret, to: "/etc/vaultd/tests.secret", mode: 0o600)
        try await serves(machine, "LoadCredential=tests.secret:/etc/vaultd/tests.secret")
    }

    @Test("So is one that lies encrypted on the disk", arguments: DebianSuite.allCases)
    func encrypted(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try machine.write(Machine.secret, to: "/etc/vaultd/tests.secret", mode: 0o600)
        let encryption = try await machine.run(
            "systemd-creds", "encrypt", "--with-key=host", "--name=tests.secret", "/etc/vaultd/tests.secret",
            "/etc/vaultd/tests.secret.cred")
        guard encryption.status.isSuccess else {
            try Test.cancel("systemd-creds cannot encrypt here: \(encryption.errorText)")
        }
        try await serves(machine, "LoadCredentialEncrypted=tests.secret:/etc/vaultd/tests.secret.cred")
    }

    @Test("The log's key is a credential, where it is no file of the state directory", arguments: DebianSuite.allCases)
    func key(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let before = try await machine.succeed("vault", "audit", "key").text
        try await machine.succeed("systemctl", "stop", "vaultd.service")
        try await machine.succeed("mv", "/var/lib/vaultd/log.key", "/etc/vaultd/log.key")
        // Root's alone: the broker could not read it.
        try await machine.succeed("chown", "root:root", "/etc/vaultd/log.key")
        func put() async throws {
            let owner = ["-o", "vaultd", "-g", "vaultd", "-m", "0600"]
            let paths = ["/etc/vaultd/log.key", "/var/lib/vaultd/log.key"]
            let result = try await machine.command(["install"] + owner + paths).run()
            try #require(result.status.isSuccess, "\(result.errorText)")
        }
        do {
            try await machine.withSettings("LoadCredential=log.key:/etc/vaultd/log.key") {
                #expect(try await machine.succeed("vault", "audit", "key").text == before)
                #expect(try await machine.run("test", "-e", "/var/lib/vaultd/log.key").status == .exited(1))
                try await machine.succeed("vault", "cat", "load/file")
                #expect(try await machine.verifyLog().status == .exited(0))
                try await put()
            }
        } catch {
            try await put()
            throw error
        }
    }
}

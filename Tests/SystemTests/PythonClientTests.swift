// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import VaultTestKit

/// Clients that share no code with the vault.
@Suite struct PythonClientTests {
    private static let clients = Programs.checkout.appending("Tests/PythonClient")

    @Test(
        "Twenty lines of Python, quoted in the README, open a capability by name",
        .enabled(if: Programs.python != nil, "needs python3"))
    func standardLibrary() async throws {
        let daemon = try await StandardVault.start()
        let python = try #require(Programs.python)
        let text = try WholeFile.text(Programs.checkout.appending("README.md"))
        let snippet = try #require(text.firstMatch(of: /```python\n(?<code>(?s).*?)```/)?.code)
        let client = try daemon.directory.write(String(snippet), to: "client.py", mode: 0o644)
        for name in ["files/secret", "memory/secret"] {
            let result = try await daemon.client(
                python, [client.string, name], uid: StandardVault.otherUser
            ).run()
            #expect(result.text == StandardVault.secret, "\(result.errorText)\(daemon.log)")
        }
        let denied = try await daemon.client(
            python, [client.string, "no/such/name"], uid: StandardVault.otherUser
        ).run()
        #expect(denied.status == .exited(1))
        #expect(denied.errorText.contains("io.vaultd.Broker."))
    }

    @Test(
        "The varlink package from PyPI calls what needs no descriptor, and parses the interface files",
        .enabled(
            if: Programs.preparedPython != nil, "needs the varlink package: Tests/PythonClient/prepare .build/python"))
    func varlinkPackage() async throws {
        let daemon = try await StandardVault.start()
        let script = Self.clients.appending("varlink_calls.py")
        let python = try #require(Programs.preparedPython)
        let result = try await daemon.client(
            python, [script.string, daemon.socket.string, "files/secret"]
        ).run()
        #expect(result.status == .exited(0), "\(result.text)\(result.errorText)\(daemon.log)")
        #expect(result.text.hasSuffix("ok\n"))
    }
}

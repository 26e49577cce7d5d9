// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// What was permitted when a call came is asked again in the turn in which it takes effect.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: there are two administrators"))
struct RevokedMeanwhileTests {
    private static let administrator: UInt32 = 4711

    /// Keeps the broker's turn full of acts until it is refused for good.
    private static let flood = """
        import json, os, socket, sys
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(os.environ["VAULT_SOCKET"])
        def grant(number):
            document = json.dumps({"id": f"back-{number}", "permit": ["admin"], "to": {"uid": [4713]}})
            call = {"method": "io.vaultd.Admin.Grant", "parameters": {"document": document}}
            connection.sendall(json.dumps(call).encode() + b"\\0")
        answers, sent, data = 0, 0, b""
        while sent < 32:
            grant(sent)
            sent += 1
        print("begun", flush=True)
        while answers < sent:
            data += connection.recv(65536)
            *whole, data = data.split(b"\\0")
            for text in whole:
                answers += 1
                if "error" in json.loads(text):
                    print(text.decode())
                    continue
                grant(sent)
                sent += 1
        """

    @Test("No act of an administrator follows the revocation of the rule that made it one")
    func revoked() async throws {
        var options = StandardVault.options
        options.policies["second.yaml"] = """
            vault: 1
            rules:
              - { id: second-administrator, permit: [admin, audit], to: { uid: \(Self.administrator) } }

            """
        let daemon = try await Daemon.start(options)
        let python = try #require(Programs.python)
        async let flooding = daemon.client(python, ["-c", Self.flood], uid: Self.administrator).run()
        try await waitUntil("acts to be under way") {
            try await daemon.vault("audit", "list", "--type", "rule.add", "-o", "jsonl").text.contains("back-3")
        }
        let revoked = try await daemon.vault("revoke", "second-administrator")
        #expect(revoked.status.isSuccess, "\(revoked.errorText)")
        let flooded = try await flooding
        #expect(flooded.status.isSuccess, "\(flooded.errorText)")
        let list = try await daemon.vault("audit", "export")
        let types = try list.text.split(separator: "\n").map { line in
            try #require(try JSONValue(parsing: Array(line.utf8))["type"]?.string)
        }
        let end = try #require(types.lastIndex(of: "revoke"), "\(Set(types))")
        #expect(!types[end...].contains("rule.add"), "\(types[end...]) \(flooded.text)")
    }
}

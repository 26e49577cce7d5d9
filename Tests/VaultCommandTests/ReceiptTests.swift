// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultTestKit

/// `vault` says what has arrived, and names what has not.
@Suite struct ReceiptTests {
    @Test("What has arrived is told before the command is there", arguments: ["cat", "exec", "try"])
    func told(verb: String) async throws {
        let broker = try FakeBroker { call in .grants(call, ["/etc/hostname", "/etc/passwd"]) }
        let result =
            switch verb {
            case "cat": try await broker.vault("cat", "a/b", "a/c")
            case "try": try await broker.vault("try", "a/b", "a/c")
            default: try await broker.vault("exec", "--pass", "a/b", "--pass", "a/c", "--", "true")
            }
        #expect(result.status == .exited(0), "\(result.errorText)")
        try await waitUntil("what has arrived to be told") { !broker.told.isEmpty }
        let expected: JSONValue = ["records": [17, 18]]
        #expect(broker.told.map(\.method) == ["io.vaultd.Broker.Received"])
        #expect(broker.told.map(\.parameters) == [expected])
    }

    @Test("What did not arrive is named, with its record, and where to look", arguments: ["cat", "exec"])
    func missing(verb: String) async throws {
        let broker = try FakeBroker { call in .grants(call, ["/etc/hostname"]) }
        let result =
            verb == "cat"
            ? try await broker.vault("cat", "a/b", "a/c", "a/d")
            : try await broker.vault("exec", "--pass", "a/b", "--pass", "a/c", "--pass", "a/d", "--", "true")
        #expect(result.status == .exited(verb == "cat" ? 4 : 125), "\(result.status)")
        #expect(result.text.isEmpty)
        #expect(
            result.errorText.contains("a/c, a/d: granted, and the descriptor did not arrive, record 18, 19"),
            "\(result.errorText)")
        #expect(result.errorText.contains("the log of the security module"))
        #expect(result.errorText.contains("vault audit show 18"))
        try await waitUntil("what is missing to be told") { !broker.told.isEmpty }
        let expected: JSONValue = ["records": [17], "missing": [18, 19]]
        #expect(broker.told.map(\.parameters) == [expected])
    }
}

// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import VaultClient
import VaultTestKit

/// The examples of the documentation.
struct ExampleTests {
    @Test("The examples of the documentation do what they say")
    func run() async throws {
        let service = try brokerOfNames()
        let path = service.path.string
        #expect(try await onThread { try readLog(at: path) } == "logs/a")
        #expect(try await openSeveral(at: path) == ["logs/a", "logs/b"])
        #expect(
            explain(.denied(name: "a", record: 7, message: "no"))
                == "not allowed to open a: ask the administrator about record 7")
        #expect(explain(.denied(name: "a", record: nil, message: "not permitted")) == "a: not permitted")
        #expect(
            explain(.openFailed(name: "a", .noSuchFileOrDirectory, errorName: "ENOENT", record: nil))
                == "a does not exist")
        #expect(explain(.unavailable(path: "/p", .connectionRefused)) == "no broker at /p")
    }

    @Test("The code in the documentation is the code that was run")
    func isDocumented() throws {
        let missing = try DocumentedExample.missing(
            in: "Sources/VaultClient/VaultClient.docc/VaultClient.md",
            from: "Tests/VaultClientTests/Examples/ReadLog.swift")
        #expect(missing == [])
    }
}

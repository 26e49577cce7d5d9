// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

@Suite("What needs no broker")
struct OfflineTests {
    private static let good = """
        vault: 1
        capabilities:
          - name: logs/web
            file: { path: /var/log/web, rights: [read] }
        rules:
          - id: root-reads
            permit: [open]
            capability: logs/*
            to: { uid: 0 }

        """

    private func check(_ arguments: String...) async throws -> CommandResult {
        try await Command(BuiltProgram.path("vault"), arguments: ["policy", "check"] + arguments).run()
    }

    @Test("good files are counted, those of a directory by their ending")
    func acceptsFiles() async throws {
        let directory = try TemporaryDirectory()
        try directory.write(Self.good, to: "a.yaml")
        try directory.write("not: a policy", to: "README")
        let result = try await check(directory.path.string)
        #expect(result.status.isSuccess)
        #expect(result.text.hasSuffix("1 file, 1 capability, 1 rule, 0 tests: no errors\n"))
    }

    @Test("every mistake is shown with its place, its line and a remedy, and the status is 1")
    func showsMistakes() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(Self.good + "    rights: [raed]\n    uses: many\n", to: "a.yaml")
        let result = try await check(path.string)
        #expect(result.status == .exited(1))
        #expect(
            result.text.contains("\(path):10:14: 'raed' is not a right\n        rights: [raed]\n                 ^\n"))
        #expect(result.text.contains("\(path):11:11: "))
        #expect(
            result.errorText
                == "vault: policy check: 2 errors: this policy cannot be applied\nTry: correct what is named above\n")
    }

    @Test("a file that is not there ends with 4, as open(2) has it; a directory without files, or no argument, with 2")
    func refusesPaths() async throws {
        let missing = try await check("/nonexistent.yaml")
        #expect(missing.status == .exited(4))
        #expect(missing.errorText.hasPrefix("vault: policy check: /nonexistent.yaml: No such file or directory\nTry: "))
        let directory = try TemporaryDirectory()
        #expect(try await check(directory.path.string).status == .exited(2))
        let wrong = try await check()
        #expect(wrong.status == .exited(2))
        #expect(wrong.errorText.hasSuffix("Try: vault policy check --help\n"))
    }
}

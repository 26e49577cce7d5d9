// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

/// How the log is read: what a listing leaves out, archives, readers that go away.
@Suite struct AuditReadingTests {
    private func grow(_ daemon: Daemon, by count: Int) async throws {
        for _ in 0..<count {
            #expect(try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser).status.isSuccess)
        }
    }

    private func types(_ daemon: Daemon, _ words: String...) async throws -> [String] {
        let result = try await daemon.vaultCommand(["audit", "list", "-o", "jsonl"] + words).run()
        #expect(result.status.isSuccess, "\(result.errorText)")
        return result.text.matches(of: /"type":"([a-z.]+)"/).map { String($0.1) }
    }

    @Test("A listing leaves deliveries and readings out, and shows them when they are asked for")
    func leavesOut() async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 2)
        _ = try await types(daemon)
        let few = try await types(daemon)
        #expect(few.count { $0 == "grant" } == 2 && !few.contains("delivery") && !few.contains("audit.read"), "\(few)")
        let all = try await types(daemon, "--all")
        #expect(Set(all).isSuperset(of: ["grant", "delivery", "audit.read", "start"]), "\(all)")
        #expect(try await Set(types(daemon, "--type", "delivery")) == ["delivery"])
        let others = try await types(daemon, "--not-type", "grant", "--not-type", "start")
        #expect(!others.contains("grant") && !others.contains("start") && others.contains("audit.read"), "\(others)")
        // The limit is one of what is shown.
        #expect(
            try await types(daemon, "-n2", "--type", "grant", "--type", "delivery", "--not-type", "delivery").count == 2
        )
        #expect(try await types(daemon, "-n1").count == 1)
        #expect(try await types(daemon, "--since", "-1h", "--type", "grant").count == 2)
        #expect(try await types(daemon, "--until", "-1h").isEmpty)
    }

    @Test(
        "Who follows ends with the reader, although nothing new comes", arguments: ["audit list --follow -n1", "watch"])
    func endsWithItsReader(words: String) async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 1)
        // The status of the first one of the pipe; 141 is SIGPIPE's.
        let reader = words == "watch" ? "sleep 0.5" : "head -n1"
        var command = daemon.client(
            "/bin/bash", ["-c", "vault \(words) 2>errors | \(reader); echo ${PIPESTATUS[0]}"])
        command.directory = daemon.directory.path
        command.timeLimit = .seconds(20)
        let result = try await command.run()
        #expect(result.text.hasSuffix("141\n"), "\(result.text)")
        #expect(try daemon.directory.read("errors").isEmpty)
        // Where SIGPIPE is ignored, as a service manager has it, it is an error like any other.
        command.arguments[1] = "trap '' PIPE; \(command.arguments[1])"
        let ignored = try await command.run()
        #expect(ignored.text.hasSuffix("\n4\n") || ignored.text == "4\n", "\(ignored.text)")
        #expect(try daemon.directory.read("errors").contains(": standard output: Broken pipe\nTry: "))
    }

    @Test("An archive is listed and shown as the log was, without a broker, and not at all when it was changed")
    func archives() async throws {
        let daemon = try await StandardVault.start()
        try await grow(daemon, by: 3)
        #expect(try await daemon.vault("cat", "hidden/secret", uid: StandardVault.stranger).status == .exited(1))
        let path = daemon.directory.path("archive").string
        let before = try await daemon.vault("audit", "list", "--all", "-o", "jsonl").text
        #expect(try await daemon.vault("audit", "export", "--format", "archive", path).status.isSuccess)
        try await daemon.terminate()
        let archived = try await daemon.vault("audit", "list", "--all", "-o", "jsonl", "--archive", path)
        #expect(archived.text.hasPrefix(before), "\(archived.text)\(archived.errorText)")
        #expect(try await types(daemon, "--archive", path, "--decision", "permit") == ["grant", "grant", "grant"])
        #expect(
            try await types(daemon, "--archive", path, "--type", "grant", "-n2", "--capability", "files/*").count == 2)
        #expect(try await types(daemon, "--archive", path, "--capability", "hidden/**") == ["deny"])
        let reversed = try await types(daemon, "--archive", path, "--reverse", "-n1", "--type", "start")
        #expect(reversed == ["start"])
        let csv = try await daemon.vault("audit", "list", "--archive", path, "--type", "grant", "-n1", "-o", "csv").text
        let record = try #require(csv.split(separator: "\r\n").last?.split(separator: ",").first)
        let shown = try await daemon.vault("audit", "show", String(record), "--archive", path)
        #expect(shown.text.hasPrefix("record ") && shown.text.contains(": grant\n"), "\(shown.text)\(shown.errorText)")
        #expect(try await daemon.vault("audit", "show", "99999", "--archive", path).status == .exited(1))
        let text = try daemon.directory.read("archive")
        try daemon.directory.write(text.replacing("hidden/secret", with: "hidden/Secret"), to: "archive")
        let changed = try await daemon.vault("audit", "list", "--archive", path)
        #expect(changed.status == .exited(5) && changed.output.isEmpty, "\(changed.text)")
        #expect(try await daemon.vault("audit", "list", "--archive", path, "--follow").status == .exited(2))
        #expect(try await daemon.vault("audit", "list", "--archive", "-").status == .exited(2))
    }
}

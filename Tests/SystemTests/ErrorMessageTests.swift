// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What is said of something that cannot be: in words, once, and of the thing that is wrong.
@Suite struct ErrorMessageTests {
    /// A value as Swift prints it for whoever wrote the program: `Problem(path: "…"`, `Optional(…)`.
    private static func expectWords(_ text: String) {
        let dump = text.firstMatch(of: #/[A-Z][A-Za-z]+\([a-z][A-Za-z]*: |Optional\(/#)
        #expect(dump == nil, "\(text)")
    }

    private func daemon(_ capability: String) async throws -> Daemon {
        var options = StandardVault.options
        options.policies = ["messages.yaml": "vault: 1\ncapabilities: [ \(capability) ]\n"]
        return try await Daemon(options)
    }

    @Test("A policy file that cannot be read is told in words, in the answer and in the log")
    func unreadablePolicies() async throws {
        let daemon = try await StandardVault.start()
        let path = daemon.policies.appending("z.yaml").string
        let broken: [(make: String, says: String)] = [
            ("printf 'vault: 1\\n# caf\\351\\n' > '\(path)'", "Not UTF-8 (line 2, byte 6)"),
            ("printf '\\377\\376v\\0' > '\(path)'", "UTF-16, not UTF-8"),
            ("ln -s nowhere '\(path)'", "No such file or directory"), ("mkdir '\(path)'", "Not a regular file"),
            ("ln -s /dev/null '\(path)'", "Not a regular file"),
            ("printf 'vault: 1\\n' > \"$(printf '\(daemon.policies.string)/z\\351.yaml')\"", "The name is not UTF-8"),
        ]
        for (make, says) in broken {
            try #require(
                try await Command("sh", "-c", "rm -rf \(daemon.policies.string)/z*; \(make)").run().status.isSuccess)
            let answer = try await daemon.vault("reload")
            #expect(answer.status == .exited(1), "\(answer.errorText)")
            #expect(answer.errorText.contains(says), "\(answer.errorText)")
            Self.expectWords(answer.errorText)
            let check = try await daemon.vault("policy", "check", daemon.policies.string)
            #expect(check.errorText.contains(says), "\(check.errorText)")
            Self.expectWords(check.errorText)
        }
        kill(try daemon.pid, SIGHUP)
        try await waitUntil("the reload is refused in the log") { daemon.log.contains("nothing was reloaded") }
        #expect(daemon.log.contains("The name is not UTF-8; rename the file"), "\(daemon.log)")
        Self.expectWords(daemon.log)
    }

    @Test("Something other than a socket where one is to be is not said to be another process")
    func notASocket() async throws {
        let daemon = try await daemon("{ name: door, listen: { unix: \"@DIRECTORY@/door\", as: \(geteuid()) } }")
        try daemon.directory.write("precious", to: "door", mode: 0o644)
        try await daemon.start()
        let shown = try await daemon.vault("show", "door")
        #expect(shown.text.contains("something other than a socket lies at the path"), "\(shown.text)\(daemon.log)")
        #expect(!shown.text.contains("another process"))
        try await daemon.terminate()
        try #require(mkdir(daemon.socket.string, 0o755) == 0)
        let again = try await daemon.command.run()
        #expect(
            again.errorText.contains("something other than a socket lies at '\(daemon.socket)'"), "\(again.errorText)")
        #expect(!again.errorText.contains("another process"))
    }

    @Test("A link that leaves the opener's root is explained once, as that", .enabled(if: geteuid() == 0))
    func leavesRoot() async throws {
        let daemon = try await daemon("{ name: out, file: { path: \"@DIRECTORY@/out\" } }")
        try #require(symlink("/etc/hostname", daemon.directory.path("out").string) == 0)
        try await daemon.start()
        let status = try await daemon.vault("status")
        #expect(status.text.contains("out: a symbolic link or '..' in the path leads out of the opener's root"))
        #expect(!status.text.contains("cross-device"), "\(status.text)")
        #expect(!daemon.log.contains("cross-device"), "\(daemon.log)")
    }

    @Test(
        "Where a filter hides openat2, or pidfd_open, that is what is said",
        .enabled(if: Programs.python != nil, "needs python3, which makes the filter"))
    func missingCalls() async throws {
        let python = Programs.python ?? "python3"
        let script = Programs.checkout.appending("Tests/SystemTests/Scripts/without.py").string
        let daemon = try await StandardVault.start()
        try await daemon.terminate()
        let command = daemon.command
        // The kernel refuses the filter in some sandboxes; then nothing can be told.
        let trial = try await Command(python, arguments: [script, "openat2", "/bin/true"]).run()
        try #require(trial.status.isSuccess, "\(trial.errorText)")
        var without = Command(python, arguments: [script, "pidfd_open", command.path.string] + command.arguments)
        without.environment = command.environment
        let refused = try await without.run()
        #expect(!refused.status.isSuccess)
        #expect(refused.errorText.contains("pidfd_open"), "\(refused.errorText)")
        #expect(refused.errorText.contains("Try: Linux 5.14 or later"), "\(refused.errorText)")
        without.arguments[1] = "openat2"
        let running = without
        async let ended = running.run()
        try await waitUntil("the broker listens") { try await daemon.vault("whoami").status.isSuccess }
        let shown = try await daemon.vault("show", "files/secret")
        #expect(shown.text.contains("openat2(2), without which nothing is opened, is not there"), "\(shown.text)")
        #expect(!shown.text.contains("symbolic link"), "\(shown.text)")
        // The lock of the state directory names the process.
        let lock = try daemon.directory.read("state/ledger.lock")
        kill(try #require(Int32(lock.prefix { $0 != "\n" })), SIGTERM)
        _ = try await ended
    }
}

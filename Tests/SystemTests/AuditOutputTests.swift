// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// Where the verbs of the log write, and what they say when they cannot.
@Suite struct AuditOutputTests {
    private func run(_ daemon: Daemon, _ arguments: String...) async throws -> CommandResult {
        var command = daemon.vaultCommand(arguments)
        command.directory = daemon.directory.path
        return try await command.run()
    }

    /// With a line of the shell behind the command, such as `>&-`.
    private func shell(_ daemon: Daemon, _ line: String) async throws -> CommandResult {
        var command = daemon.client(try #require(Command.find("sh")), ["-c", "exec vault \(line)"])
        command.directory = daemon.directory.path
        return try await command.run()
    }

    private func makeDevice(_ daemon: Daemon, _ name: String, minor: UInt32) throws {
        let made = mknod(daemon.directory.path(name).string, S_IFCHR | 0o666, dev_t(1 << 8 | minor))
        try #require(made == 0, "mknod(2): \(Errno(rawValue: errno))")
    }

    private func kind(_ daemon: Daemon, _ name: String) throws -> FileKind {
        try FileStatus(ofPath: daemon.directory.path(name), followingLinks: false).kind
    }

    @Test(
        "Devices, pipes and links stay what they are, and a device that is full is an error",
        .enabled(if: geteuid() == 0, "mknod(2) needs root"))
    func devices() async throws {
        let daemon = try await StandardVault.start()
        try makeDevice(daemon, "null", minor: 3)
        try makeDevice(daemon, "full", minor: 7)
        try daemon.directory.write("", to: "target")
        try #require(symlink("target", daemon.directory.path("link").string) == 0)
        try #require(symlink("made", daemon.directory.path("dangling").string) == 0)
        let verbs = [
            ["list", "-n", "1", "--cursor-file"], ["report", "--out"], ["prove", "1", "--out"], ["export"],
            ["export", "--format", "archive"],
        ]
        for verb in verbs {
            var command = daemon.vaultCommand(["audit"] + verb + ["null"])
            command.directory = daemon.directory.path
            let result = try await command.run()
            #expect(result.status.isSuccess, "\(verb): \(result.errorText)")
            #expect(try kind(daemon, "null") == .characterDevice)
            command.arguments = ["audit"] + verb + ["full"]
            // A place to go on from is read first, and /dev/full has zeroes without an end.
            if verb[0] != "list" { #expect(try await command.run().status == .exited(4), "\(verb)") }
            #expect(try kind(daemon, "full") == .characterDevice)
            command.arguments = ["audit"] + verb + ["link"]
            try daemon.directory.write("", to: "target")
            #expect(try await command.run().status.isSuccess, "\(verb)")
            #expect(try kind(daemon, "link") == .symbolicLink)
            #expect(try !daemon.directory.read("target").isEmpty)
        }
        #expect(try await run(daemon, "audit", "prove", "1", "--out", "dangling").status.isSuccess)
        #expect(try daemon.directory.read("made").hasPrefix("c2sp.org/tlog-proof"))
        // Each of the two programs that print, with nowhere to print to.
        try daemon.directory.write(try await run(daemon, "audit", "key").text, to: "key")
        for words in ["verify", "verify-receipt made --key key", "export --format archive other", "list", "export"] {
            for place in [">full", ">&-"] {
                let result = try await shell(daemon, "audit \(words) \(place)")
                #expect(result.status == .exited(4), "\(words) \(place): \(result.errorText)")
                #expect(result.errorText.contains(": standard output: "))
            }
        }
        for words in ["list >&-", "list <&- >&-", "list <&- >&- 2>&-"] {
            #expect(try await shell(daemon, words).status == .exited(4), "\(words)")
        }
        #expect(try await shell(daemon, "audit verify 2>&-").status.isSuccess)
    }

    @Test("A minus is standard output or input everywhere, and what holds a record is nobody else's to read")
    func minus() async throws {
        let daemon = try await StandardVault.start()
        #expect(try await run(daemon, "audit", "prove", "1", "--out", "-").text.hasPrefix("c2sp.org/tlog-proof"))
        #expect(try await run(daemon, "audit", "export", "-").text.hasPrefix(#"{"v":1,"index":0"#))
        let archive = try await run(daemon, "audit", "export", "--format", "archive", "-").text
        try daemon.directory.write(archive, to: "archive")
        let verdict = try await shell(daemon, "audit verify --archive - <archive")
        #expect(verdict.text.hasPrefix("log         standard input\n") && verdict.text.hasSuffix("intact\n"))
        #expect(access(daemon.directory.path("-").string, F_OK) != 0)
        _ = try await run(daemon, "audit", "prove", "1", "--out", "receipt")
        #expect(try FileStatus(ofPath: daemon.directory.path("receipt")).permissions == 0o600)
    }

    @Test("A place that cannot be kept is told before anything is printed")
    func places() async throws {
        let daemon = try await StandardVault.start()
        for place in ["/nonexistent/place", "", "run"] {
            let result = try await run(daemon, "audit", "list", "--cursor-file", place)
            #expect(result.status == .exited(4) && result.output.isEmpty, "\(result.errorText)")
        }
    }

    @Test("verify says of a database what open(2) says, and nothing that moves the terminal")
    func databases() async throws {
        let daemon = try await StandardVault.start()
        try daemon.directory.write("something else", to: "foreign")
        for (path, words) in [
            ("missing/ledger.db", "No such file or directory"), ("run", "Is a directory"), ("foreign", ""),
        ] {
            let result = try await run(daemon, "audit", "verify", "--database", path)
            #expect(result.status == .exited(4))
            #expect(result.errorText.hasPrefix("vault: audit verify: \(path): \(words)"), "\(result.errorText)")
            #expect(result.errorText.hasSuffix("\nTry: the ledger.db of a vaultd, or a copy of one\n"))
        }
        for words in [
            ["verify", "--from"], ["verify", "--key"], ["verify", "--database"], ["verify", "--archive"],
            ["verify-receipt", "--key", "x+1+y"], ["export", "--format", "tiles"], ["prove", "1", "--out"],
        ] {
            let path = "no/\u{1B}[31m\nil"
            if words[0] == "export" { try daemon.directory.write("", to: "no") }
            var command = daemon.vaultCommand(["audit"] + words + [path])
            command.directory = daemon.directory.path
            let result = try await command.run()
            #expect(!result.status.isSuccess)
            #expect(!result.errors.contains(0x1B), "\(words)")
            #expect(result.errorText.split(separator: "\n").count == 2, "\(words): \(result.errorText)")
        }
    }
}

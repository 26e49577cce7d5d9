// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What `vault status` says of set-ups that are wrong: the problem, and a remedy that works.
@Suite struct BrokenSetupTests {
    /// The lines of problems and remedies, which come before the first empty line.
    private static func problems(_ daemon: Daemon) async throws -> [String] {
        let status = try await daemon.vault("status")
        #expect([.exited(0), .exited(3), .exited(5)].contains(status.status), "\(status.errorText)")
        return status.text.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }.map(
            String.init)
    }

    /// The problem is told with this remedy; carried out by a shell where it is a command, the problem is gone.
    private static func expect(
        _ problem: String, try remedy: String, in daemon: Daemon, carriedOut: Bool = true
    ) async throws {
        let lines = try await problems(daemon)
        let place = try #require(lines.firstIndex { $0.contains(problem) }, "\(lines)")
        #expect(lines[place + 1] == "Try: \(remedy)", "\(lines)")
        guard carriedOut else { return }
        let result = try await daemon.client("/bin/sh", ["-c", remedy]).run()
        #expect(result.status == .exited(0), "\(result.errorText)")
        #expect(try await !problems(daemon).contains { $0.contains(problem) })
    }

    @Test("A set-up that is right has no problems")
    func nothingWrong() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        #expect(try await Self.problems(daemon) == ["no problems"])
    }

    @Test("A state directory that others may enter")
    func stateTooOpen() async throws {
        let daemon = try await Daemon(StandardVault.options)
        #expect(daemon.state.withPlatformString { chmod($0, 0o755) } == 0)
        try await daemon.start()
        try await Self.expect(
            "others may enter the state directory \(daemon.state) (mode 0755)", try: "chmod 0700 \(daemon.state)",
            in: daemon)
        #expect(daemon.log.contains("others may enter the state directory"))
    }

    @Test("A policy directory, a file in it, and a directory above, that others may write")
    func policiesTooOpen() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        let file = daemon.policies.appending("extra.yaml")
        try daemon.writePolicy("vault: 1\n", to: "extra.yaml")
        for path in [daemon.policies, file, daemon.directory.path] {
            #expect(path.withPlatformString { chmod($0, 0o777) } == 0)
            try await Self.expect(
                "others may write \(path) (mode 0777)", try: "chmod go-w \(path)", in: daemon)
        }
    }

    @Test("A policy file that belongs to somebody else", .enabled(if: geteuid() == 0))
    func policyOfAnother() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        let file = daemon.policies.appending("extra.yaml")
        try daemon.writePolicy("vault: 1\n", to: "extra.yaml")
        #expect(file.withPlatformString { chown($0, 4711, 4711) } == 0)
        try await Self.expect("\(file) belongs to uid 4711", try: "chown root \(file)", in: daemon)
    }

    @Test("A capability whose file is not there, and one that lies beneath no root of the opener")
    func capabilities() async throws {
        var options = Daemon.Options()
        options.configuration = "opener: { roots: [\"@DIRECTORY@\"] }\n"
        options.policies = [
            "p.yaml": """
            vault: 1
            capabilities:
              - { name: missing, file: { path: "@DIRECTORY@/missing" } }
              - { name: outside, file: { path: /etc/hostname } }
            rules: [{ id: a, permit: [open], capability: "**", to: { uid: 0 } }]

            """
        ]
        let daemon = try await Daemon.start(options)
        let missing = daemon.directory.path("missing")
        try await Self.expect(
            "missing: No such file or directory", try: "make \(missing), or correct the path in the policy", in: daemon,
            carriedOut: false)
        try await Self.expect(
            "outside: ",
            try: "add the directory of /etc/hostname to opener.roots in vaultd.yaml, and start the broker again",
            in: daemon, carriedOut: false)
        try daemon.directory.write("there", to: "missing", mode: 0o644)
        #expect(try await daemon.vault("cat", "missing").text == "there")
        #expect(try await !Self.problems(daemon).contains { $0.contains("missing") })
    }

    @Test("A policy with an error: the policy in force stays, and the place is told")
    func policyWithError() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        try daemon.writePolicy("vault: 1\nrules:\n  - { id: x, permit: [fly], to: anyone }\n", to: "wrong.yaml")
        #expect(try await daemon.vault("reload").status == .exited(1))
        let file = daemon.policies.appending("wrong.yaml")
        let lines = try await Self.problems(daemon)
        let place = try #require(lines.firstIndex { $0.contains("\(file):3:23: ") }, "\(lines)")
        #expect(lines[place + 1].hasPrefix("Try: "), "\(lines)")
        #expect(file.withPlatformString { unlink($0) } == 0)
        #expect(try await daemon.vault("reload").status == .exited(0))
        #expect(try await Self.problems(daemon) == ["no problems"])
    }

    @Test("A signing key that was lost")
    func lostKey() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        #expect(try await daemon.vault("audit", "key").status == .exited(0))
        try await daemon.terminate()
        let (key, kept) = (daemon.state.appending("log.key"), daemon.directory.path("kept.key"))
        #expect(rename(key.string, kept.string) == 0)
        try await daemon.start()
        try await Self.expect(
            "the signing key is missing",
            try: "put the key back and start vaultd again; `vaultd --accept-rollback` goes on under a new name and key",
            in: daemon, carriedOut: false)
        try await daemon.terminate()
        #expect(rename(kept.string, key.string) == 0)
        try await daemon.start()
        #expect(try await Self.problems(daemon) == ["no problems"])
    }

    @Test(
        "A system that hides openat2(2), as a container or a unit's filter may",
        .enabled(if: Injection.isPossible, "needs root and strace"))
    func withoutOpenat2() async throws {
        let daemon = try await Daemon(StandardVault.options)
        var command = daemon.command
        let strace = try #require(Command.find("strace"))
        command.arguments =
            ["-f", "-q", "-o", "/dev/null", "-e", "inject=openat2:error=ENOSYS", command.path.string]
            + command.arguments
        command.path = strace
        let traced = command
        async let ended = traced.run()
        try await waitUntil("the broker to answer") { try await daemon.vault("whoami").status == .exited(0) }
        let lines = try await Self.problems(daemon)
        #expect(lines.contains { $0.contains("openat2") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("Try: ") && $0.contains("RestrictSUIDSGID") }, "\(lines)")
        _ = try await Command("pkill", "-TERM", "-f", daemon.socket.string).run()
        _ = try await ended
    }
}

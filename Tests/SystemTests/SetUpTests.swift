// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What is done while the daemon is still root, by hand, before it goes on as the user of `run-as`; and what
/// `vaultd --check` finds in a set-up before it is used.
@Suite struct SetUpTests {
    private static let runAs = "run-as: nobody\nopener: { roots: [\"@DIRECTORY@\"] }\n"

    private func check(_ daemon: Daemon) async throws -> CommandResult {
        var command = daemon.command
        command.arguments.append("--check")
        return try await command.run()
    }

    @Test(
        "Without the user of run-as the check says so, and not whose the state should be", .enabled(if: geteuid() == 0))
    func missingUser() async throws {
        var options = Daemon.Options()
        options.configuration = "run-as: nosuchuser\nopener: { roots: [\"@DIRECTORY@\"] }\n"
        options.owner = 4711
        let result = try await check(try await Daemon(options))
        #expect(result.status == .exited(1))
        #expect(result.errorText.contains("there is no user 'nosuchuser' (run-as, "), "\(result.errorText)")
        #expect(result.errorText.contains("Try: systemd-sysusers"), "\(result.errorText)")
        #expect(!result.errorText.contains("chown"), "\(result.errorText)")
    }

    @Test(
        "The socket is bound before root is given up, in a directory that stays root's",
        .enabled(if: Command.canChangeUser))
    func bindsFirst() async throws {
        var options = Daemon.Options()
        options.configuration = Self.runAs
        let daemon = try await Daemon.start(options)
        #expect(try FileStatus(ofPath: daemon.directory.path("run")).uid == 0)
        #expect(try FileStatus(ofPath: daemon.state).uid == StandardVault.brokerUser)
        #expect(try await daemon.vault("whoami").status == .exited(0), "\(daemon.log)")
    }

    @Test("The state is not given away through a link", .enabled(if: Command.canChangeUser))
    func stateThroughALink() async throws {
        var options = Daemon.Options()
        options.configuration = Self.runAs
        let daemon = try await Daemon(options)
        let target = try TemporaryDirectory(mode: 0o755)
        #expect(rmdir(daemon.state.string) == 0)
        #expect(symlink(target.path.string, daemon.state.string) == 0)
        let result = try await daemon.command.run()
        #expect(result.status == .exited(1))
        #expect(result.errorText.contains("Try: name a directory that is no symbolic link"), "\(result.errorText)")
        #expect(try FileStatus(ofPath: target.path).uid == 0)
    }

    @Test("Root follows no link of the broker's user on the way to the state", .enabled(if: Command.canChangeUser))
    func stateBeyondALink() async throws {
        var options = Daemon.Options()
        options.configuration = Self.runAs
        let daemon = try await Daemon(options)
        let target = try TemporaryDirectory(mode: 0o755)
        #expect(mkdir(target.path("state").string, 0o755) == 0)
        let home = daemon.directory.path("home")
        #expect(mkdir(home.string, 0o755) == 0)
        #expect(chown(home.string, StandardVault.brokerUser, StandardVault.brokerUser) == 0)
        let link = home.appending("lib").string
        #expect(symlink(target.path.string, link) == 0)
        #expect(lchown(link, StandardVault.brokerUser, StandardVault.brokerUser) == 0)
        for name in ["state", "new/state"] {
            var command = daemon.command
            command.arguments += ["--state", "\(link)/\(name)"]
            let result = try await command.run()
            #expect(result.status == .exited(1))
            #expect(result.errorText.contains("is a symbolic link of uid"), "\(result.errorText)")
        }
        #expect(try FileStatus(ofPath: target.path("state")).uid == 0)
        #expect(try target.path.entryNames().count == 1)
    }

    @Test(
        "A limit on the size of files is an error of the write that meets it",
        .enabled(if: Command.find("prlimit") != nil),
        .disabled(if: getenv("VAULT_THREAD_SANITIZER") != nil, "the sanitizer writes a larger file itself"))
    func fileSizeLimit() async throws {
        let daemon = try await Daemon(Daemon.Options())
        let vaultd = daemon.command
        let result = try await Command(
            FilePath("/usr/bin/env"),
            arguments: ["prlimit", "--fsize=4096", vaultd.path.string] + vaultd.arguments
        ).run()
        #expect(result.status == .exited(1), "\(result.status) \(result.errorText)")
        #expect(result.errorText.contains("Try: "), "\(result.errorText)")
    }

    @Test("A state directory of a third user is not taken from them", .enabled(if: Command.canChangeUser))
    func stateOfAnother() async throws {
        var options = Daemon.Options()
        options.configuration = Self.runAs
        let daemon = try await Daemon(options)
        #expect(chown(daemon.state.string, 4711, 4711) == 0)
        let result = try await daemon.command.run()
        #expect(result.status == .exited(1))
        #expect(result.errorText.contains("belongs to uid 4711"), "\(result.errorText)")
        #expect(try FileStatus(ofPath: daemon.state).uid == 4711)
    }

    @Test("Credentials that only root can read are read before root is given up", .enabled(if: Command.canChangeUser))
    func credentials() async throws {
        let directory = try TemporaryDirectory(mode: 0o700)
        try directory.write("s3cret", to: "token", mode: 0o400)
        var options = StandardVault.options
        options.environment = ["CREDENTIALS_DIRECTORY=\(directory.path)"]
        options.policies = [
            "a.yaml": """
            vault: 1
            capabilities: [ { name: token, memory: { credential: token } } ]
            rules: [ { id: r, permit: [open], capability: token, to: { uid: \(StandardVault.reader) } } ]
            """
        ]
        let daemon = try await Daemon.start(options)
        let result = try await daemon.vault("cat", "token", uid: StandardVault.otherUser)
        #expect(result.text == "s3cret", "\(result.errorText)\(daemon.log)")
        let renewed = try await daemon.vault("renew", "token")
        #expect(renewed.status == .exited(2), "it is what it will be for ever: \(renewed.text)")
        #expect(renewed.errorText.contains("Try: vault show token"), "\(renewed.errorText)")
    }

    @Test("--check prints every setting with its origin")
    func everySetting() async throws {
        var options = Daemon.Options()
        options.configuration = "limits: { message: 2MiB }\nlog: { format: json }\n"
        let daemon = try await Daemon(options)
        let result = try await check(daemon)
        #expect(result.status == .exited(0), "\(result.errorText)")
        let file = daemon.directory.path("vaultd.yaml")
        let lines = result.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        for line in [
            "limits message 2097152 bytes (\(file):1)", "limits half-message 10000 ms (default)",
            "log format json (\(file):2)", "log level info (default)", "audit durability full (default)",
            "opener started by vaultd (default)",
        ] {
            #expect(lines.contains(line), "\(result.text)")
        }
    }

    @Test("--check refuses a root that is reached through a link, and says what to write in its place")
    func linkedRoot() async throws {
        var options = Daemon.Options()
        options.configuration = "opener:\n  roots: [\"@DIRECTORY@/link\"]\n"
        let daemon = try await Daemon(options)
        let link = daemon.directory.path("link").string
        let target = daemon.directory.path("policies").string
        #expect(symlink(target, link) == 0)
        let result = try await check(daemon)
        #expect(result.status == .exited(1))
        let file = daemon.directory.path("vaultd.yaml")
        #expect(result.errorText.contains("\(file):2"), "\(result.errorText)")
        #expect(result.errorText.contains("the root '\(link)' is reached through the link '\(link)'"))
        #expect(result.errorText.contains("write \(target)"), "\(result.errorText)")
    }

    @Test("--check finds what others may write to, and what belongs to somebody else")
    func ownersAndModes() async throws {
        let daemon = try await Daemon(Daemon.Options())
        try daemon.writePolicy("vault: 1\n", to: "a.yaml")
        let policy = daemon.policies.appending("a.yaml").string
        #expect(chmod(policy, 0o666) == 0)
        #expect(chmod(daemon.directory.path("run").string, 0o777) == 0)
        let result = try await check(daemon)
        #expect(result.status == .exited(1))
        #expect(result.errorText.contains("Try: chmod go-w '\(policy)'"), "\(result.errorText)")
        #expect(result.errorText.contains("Try: chmod go-w '\(daemon.directory.path("run"))'"), "\(result.errorText)")
        #expect(chmod(policy, 0o644) == 0 && chmod(daemon.directory.path("run").string, 0o755) == 0)
        #expect(try await check(daemon).status == .exited(0))
    }
}

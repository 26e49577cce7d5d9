// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// A path that is not UTF-8 is never taken for another one: it is refused at once, with the place where it stands.
@Suite struct ExactTextTests {
    /// A command line in which each `@` is a path below `directory` that is not UTF-8.
    private func run(
        _ program: FilePath, _ words: [String], in directory: TemporaryDirectory, variable: String? = nil
    ) async throws -> CommandResult {
        var script = "bad=$(printf '\(directory.path)/x\\377'); "
        if let variable { script += "export \(variable)=\"$bad\"; " }
        let quoted = ([program.string] + words).map { "\"\($0 == "@" ? "$bad" : $0)\"" }
        var command = Command("sh", "-c", script + "exec \(quoted.joined(separator: " "))")
        command.directory = directory.path
        command.environment = ChildProcess.currentEnvironment.filter { !$0.hasPrefix("VAULT") } + ["NO_COLOR=1"]
        return try await command.run()
    }

    private func expectRefused(
        _ result: CommandResult, _ place: String, _ directory: TemporaryDirectory, status: CInt = 2
    ) {
        #expect(result.status == .exited(status), "\(result.status) \(result.errorText)")
        let lines = result.errorText.split(separator: "\n")
        #expect(lines.count == 2, "\(result.errorText)")
        #expect(lines.first?.contains("\(place) is not UTF-8: '\(directory.path)/x\u{FFFD}'") == true, "\(lines)")
        #expect(lines.last == "Try: give the file a name of UTF-8, or a symbolic link that has one", "\(lines)")
        #expect(directoryEntries(directory.path) == [], "nothing was made of another name")
    }

    static let vault: [[String]] = [
        ["--socket", "@", "whoami"], ["whoami", "--socket", "@"], ["cat", "@"], ["add", "a", "file", "@"],
        ["add", "--file", "@"], ["policy", "check", "@"], ["policy", "apply", "@"], ["policy", "replay", "@"],
        ["audit", "verify", "--database", "@"], ["audit", "verify", "--archive", "@"],
        ["audit", "verify", "--from", "@", "--database", "x"], ["audit", "verify", "--key", "@", "--archive", "x"],
        ["audit", "verify-receipt", "--key", "k", "@"], ["audit", "list", "--cursor-file", "@"],
        ["audit", "export", "@"], ["audit", "report", "--out", "@"], ["audit", "prove", "1", "--out", "@"],
        ["audit", "prune", "--before", "1", "--archive", "@"], ["audit", "backup", "@"],
        ["list", "--reason", "@"], ["cat", "--", "@"],
    ]

    @Test("Of each verb of vault", arguments: vault)
    func verbs(words: [String]) async throws {
        let directory = try TemporaryDirectory()
        let programs = try await Programs.directory()
        let result = try await run(programs.appending("vault"), words, in: directory)
        let place = try #require(words.firstIndex(of: "@")) + 1
        expectRefused(result, "argument \(place)", directory)
    }

    @Test("Of vaultd, its opener, and the part of vault that needs no broker")
    func programs() async throws {
        let directory = try TemporaryDirectory()
        let programs = try await Programs.directory()
        for option in ["--socket", "--state", "--policies", "--config", "--opener-socket"] {
            for more in [[], ["--check"]] {
                let result = try await run(programs.appending("vaultd"), [option, "@"] + more, in: directory)
                expectRefused(result, "argument 2", directory)
            }
        }
        for option in ["--root", "--state", "--protect", "--helper"] {
            let result = try await run(
                programs.appending("vault-opener"), ["--workers", "1", option, "@"], in: directory)
            expectRefused(result, "argument 4", directory)
        }
        let offline = try await run(programs.appending("vault-offline"), ["policy", "check", "@"], in: directory)
        expectRefused(offline, "argument 3", directory)
    }

    @Test("Of the variables that name places")
    func variables() async throws {
        let directory = try TemporaryDirectory()
        let programs = try await Programs.directory()
        for name in ["VAULT_SOCKET", "VAULTD_STATE", "VAULTD_POLICIES", "VAULTD_CONFIG", "CREDENTIALS_DIRECTORY"] {
            let result = try await run(programs.appending("vaultd"), [], in: directory, variable: name)
            expectRefused(result, name, directory)
        }
        let vault = try await run(programs.appending("vault"), ["whoami"], in: directory, variable: "VAULT_SOCKET")
        expectRefused(vault, "VAULT_SOCKET", directory)
        let offline = try await run(
            programs.appending("vault"), ["policy", "check", "x"], in: directory, variable: "VAULTD_CONFIG")
        expectRefused(offline, "VAULTD_CONFIG", directory)
    }

    @Test(
        "Where its arguments cannot be read, for want of /proc, no program goes on as if it had none",
        .enabled(if: geteuid() == 0 && Command.find("unshare") != nil, "needs root and unshare(1)"),
        arguments: [
            ["vaultd", "--socket", "s", "--state", "."], ["vault", "whoami"],
            ["vault-offline", "policy", "check", "x"],
            ["vault-opener", "--workers", "1"],
        ])
    func withoutProc(words: [String]) async throws {
        let directory = try TemporaryDirectory()
        let program = try await Programs.directory().appending(words[0]).string
        var command = Command(
            "unshare", "--mount", "sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh", program)
        command.arguments += words.dropFirst()
        command.directory = directory.path
        let result = try await command.run()
        #expect(directoryEntries(directory.path) == [], "\(words): nothing was made")
        // One that is linked statically, as `vault` is where it is installed, Swift's runtime ends before it begins.
        if result.errorText.contains("Unable to obtain Swift runtime path") {
            guard case .killed(SIGABRT, _) = result.status else {
                Issue.record("\(result.status)")
                return
            }
            return
        }
        #expect(result.status == .exited(2), "\(result.status) \(result.text)\(result.errorText)")
        #expect(
            result.errorText.contains("the command line cannot be read: /proc/self/maps is not there"),
            "\(result.errorText)")
    }

    @Test("What vault exec runs gets the bytes of its arguments, and exec's own are refused as env(1) would")
    func exec() async throws {
        let directory = try TemporaryDirectory()
        let programs = try await Programs.directory()
        let vault = programs.appending("vault")
        let passed = try await run(vault, ["exec", "--", "printf", "%s", "@"], in: directory)
        #expect(passed.status == .exited(0), "\(passed.errorText)")
        #expect(passed.output == Array("\(directory.path)/x".utf8) + [0xFF])
        expectRefused(
            try await run(vault, ["exec", "--socket", "@", "--", "true"], in: directory), "argument 3", directory,
            status: 125)
    }

    @Test("A working directory or a link to one that is not UTF-8 is no other directory")
    func directories() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let programs = try await Programs.directory()
        let script = """
            cd '\(directory.path)' && bad=$(printf 'x\\377') && mkdir "$bad" && ln -s "$bad" link && : >c && cd "$bad" \
            && '\(programs.appending("vaultd"))' --config ../c --socket s --state .
            echo $?
            cd .. && '\(programs.appending("vaultd"))' --config c --socket s --state link
            echo $?
            """
        let result = try await Command("sh", "-c", script).run()
        #expect(result.text == "2\n2\n", "\(result.errorText)")
        #expect(result.errorText.contains("lies at a path that is not UTF-8"), "\(result.errorText)")
        #expect(directoryEntries(directory.path).count == 3)
    }
}

/// The options of vaultd at their extremes: refused by their names, and nothing is started or closed by them.
@Suite struct DaemonOptionTests {
    private func run(_ words: [String], redirections: String = "") async throws -> CommandResult {
        let directory = try Self.directory()
        let vaultd = try await Programs.directory().appending("vaultd")
        // What is inherited by chance is nobody's: only what the shell opens is there.
        let quoted = ([vaultd.string] + words).map { "'\($0)'" }.joined(separator: " ")
        var command = Command("sh", "-c", "exec \(quoted) \(redirections)")
        command.directory = directory.path
        command.environment = ChildProcess.currentEnvironment.filter { !$0.hasPrefix("VAULT") }
        command.timeLimit = .seconds(20)
        return try await command.run()
    }

    private static func directory() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "empty", mode: 0o644)
        for name in ["none", "st"] { #expect(mkdir(directory.path(name).string, 0o700) == 0) }
        return directory
    }

    private static let places = ["--config", "empty", "--policies", "none", "--state", "st", "--socket", "s"]

    @Test(
        "A descriptor to say that it is ready on must be one that was left open for that",
        arguments: [
            "-1", "-2147483648", "0", "1", "2", "4", "999", "2147483647", "2147483648", "-2147483649",
            "18446744073709551616", "x", "", "3x", " 3", "3.0", "0x3",
        ])
    func ready(number: String) async throws {
        let result = try await run(Self.places + ["--ready-fd=\(number)"], redirections: "3>ready")
        #expect(result.status == .exited(2), "\(result.status) \(result.errorText)")
        #expect(result.errorText.contains("--ready-fd"), "\(result.errorText)")
        #expect(number.isEmpty || result.errorText.contains(number), "\(result.errorText)")
    }

    @Test(
        "An option that is empty, too long, there twice or unknown is refused by its name",
        arguments: [
            ["--socket", ""], ["--socket", "/"], ["--socket", "."], ["--socket", "a/.."], ["--socket", "s/"],
            ["--socket", String(repeating: "s", count: 200)], ["--state", ""],
            ["--state", String(repeating: "s", count: 300)],
            ["--state", "/dev/null"], ["--config", ""],
            ["--config", "missing"], ["--config", "/"],
            ["--state"], ["--unknown"], ["word"],
            ["--ready-fd"],
        ])
    func options(words: [String]) async throws {
        var all = Self.places
        if let place = all.firstIndex(of: words[0]), words.count > 1 {
            all[place + 1] = words[1]
        } else {
            all += words
        }
        let result = try await run(all)
        #expect([.exited(1), .exited(2)].contains(result.status), "\(words): \(result.status) \(result.errorText)")
        #expect(!result.errorText.isEmpty)
    }

    @Test(
        "What a service manager declares wrongly is told by the variable and its value",
        arguments: [
            ("LISTEN_FDS", "1x"), ("LISTEN_FDS", "-1"), ("LISTEN_FDS", "99999999999999999999"), ("LISTEN_PID", "x"),
            ("LISTEN_PID", "99999999999"), ("LISTEN_PIDFDID", "0x1"), ("LISTEN_FDNAMES", "a:b:c"),
        ])
    func activation(name: String, value: String) async throws {
        let vaultd = try await Programs.directory().appending("vaultd")
        let directory = try Self.directory()
        for role in [Self.places, Self.places + ["--opener"]] {
            let words = role.map { "'\($0)'" }.joined(separator: " ")
            var command = Command(
                "sh", "-c",
                "export LISTEN_PID=$$ LISTEN_FDS=1; export \(name)=\(value); exec '\(vaultd)' \(words) 3</dev/null")
            command.directory = directory.path
            let result = try await command.run()
            #expect(result.status == .exited(2))
            let expected =
                "vaultd: cannot take over the sockets of the service manager: \(name) is '\(value)', and not "
            #expect(result.errorText.hasPrefix(expected), "\(result.errorText)")
            #expect(result.errorText.contains("\nTry: mend what starts vaultd"), "\(result.errorText)")
        }
    }
}

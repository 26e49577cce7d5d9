// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import Testing
import VaultTestKit

/// What becomes of a reply in the shells that ask for it at the press of a key.
@Suite("completion, with a broker that is not ours")
struct HostileCompletionTests {
    struct Shell: Sendable, CustomTestStringConvertible {
        let name: String
        let arguments: [String]
        let setUp: String

        var testDescription: String { name }
        var prompt: String { name != "fish" ? "go> " : geteuid() == 0 ? "#" : ">" }

        static let all = [
            Shell(name: "bash", arguments: ["--norc", "--noprofile", "-i"], setUp: ". ./vault.bash"),
            Shell(
                name: "zsh", arguments: ["-f", "-i"],
                setUp: "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D"),
            Shell(name: "fish", arguments: ["--no-config", "-i"], setUp: "source vault.fish"),
        ].filter { Command.find($0.name) != nil }
    }

    /// Names that would run a command where a shell expands them, and one that is a name.
    private func broker(running command: String) throws -> FakeBroker {
        let names = [
            "fi$(\(command))", "fi`\(command)`", "fi;\(command);", "fi\n$(\(command))", "fi'$(\(command))'",
            "fi\"$(\(command))\"", "fi($(\(command)))", "fi:$(\(command))", "files/begun",
        ]
        let capabilities = names.map { name -> JSONValue in
            [
                "name": .string(name), "kind": "file", "state": "ready", "origin": "opened", "rights": ["read"],
                "delivery": "fresh", "revocation": "none", "description": .string("$(\(command))"),
            ]
        }
        return try FakeBroker { call in
            switch call.method {
            case "io.vaultd.Broker.List": .reply(["capabilities": .array(capabilities)])
            default: .error("io.vaultd.Broker.NotFound", ["name": "files/begun"])
            }
        }
    }

    @Test("TAB completes the one name, and runs nothing of what else a broker answers", arguments: Shell.all)
    func runsNothing(shell: Shell) async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let trace = directory.path("ran")
        // Words are split at blanks before they are expanded.
        let broker = try broker(running: ">\(trace)")
        let script = try await broker.vault("--generate-completion-script", shell.name).text
        try directory.write(script, to: shell.name == "zsh" ? "_vault" : "vault.\(shell.name)", mode: 0o644)
        var command = Command(try #require(Command.find(shell.name)), arguments: shell.arguments)
        command.environment = (broker.command([]).environment ?? []).filter {
            !["HOME=", "TERM=", "PATH="].contains(where: $0.hasPrefix)
        }
        let programs = BuiltProgram.path("vault").removingLastComponent()
        command.environment? += [
            "PS1=go> ", "HOME=\(directory.path)", "TERM=xterm", "XDG_CONFIG_HOME=\(directory.path)",
            "XDG_DATA_HOME=\(directory.path)", "PATH=\(programs):/usr/local/bin:/usr/bin:/bin",
        ]
        command.directory = directory.path
        command.timeLimit = .seconds(60)
        let result = try await PseudoTerminal(columns: 200, rows: 40).run(
            command,
            .init(when: shell.prompt, type: "\(shell.setUp); echo re''ady\n"),
            .init(when: "ready", type: "vault cat fi\t\n"),
            .init(when: "no capability", type: "exit\n"))
        #expect(access(trace.string, F_OK) != 0, "it was run:\n\(result.text)")
        let opened = broker.calls.last { $0.method == "io.vaultd.Broker.Open" }
        #expect(opened?.parameters["requests"]?.array?.first?["name"]?.string == "files/begun", "\(result.text)")
    }

    @Test(
        "The verbs whose --user is a user about whom they tell ask the broker of the environment, not that user's",
        arguments: [
            ["policy", "explain", "--user", "nobody", "--name"], ["audit", "list", "--user", "nobody", "--capability"],
            ["audit", "summary", "--user", "nobody", "--capability"],
            ["audit", "report", "--user", "nobody", "--capability"],
        ])
    func asksTheSame(words: [String]) async throws {
        let broker = try broker(running: ":")
        let verb = words.prefix { !$0.hasPrefix("-") }
        let line = ["vault"] + words + ["fi"]
        let completion = ["---completion"] + verb + ["--", words[words.count - 1], "\(line.count - 1)", "2"] + line
        let offered = try await broker.command(
            completion, environment: ["SAP_SHELL=bash", "SAP_SHELL_VERSION=5", "XDG_RUNTIME_DIR=/nonexistent"]
        ).run()
        #expect(offered.text.split(separator: "\n") == ["files/begun"], "\(offered.text)\(offered.errorText)")
    }
}

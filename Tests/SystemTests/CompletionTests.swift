// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import VaultTestKit

/// The keys that shells complete with, in the shells themselves.
@Suite struct CompletionTests {
    struct Shell: Sendable, CustomTestStringConvertible {
        let name: String
        let arguments: [String]
        /// What is typed first, in a directory with the script.
        let setUp: String

        var testDescription: String { name }

        /// The end of its prompt: that of PS1, where it has that.
        var prompt: String { name != "fish" ? "go> " : geteuid() == 0 ? "#" : ">" }

        static let all = [
            Shell(name: "bash", arguments: ["--norc", "--noprofile", "-i"], setUp: ". ./vault.bash"),
            Shell(
                name: "zsh", arguments: ["-f", "-i"],
                setUp: "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D"),
            Shell(name: "fish", arguments: ["--no-config", "-i"], setUp: "source vault.fish"),
        ].filter { Command.find($0.name) != nil }
    }

    private func command(_ shell: Shell, _ daemon: Daemon, uid: UInt32? = nil) async throws -> Command {
        let script = try await daemon.vault("--generate-completion-script", shell.name).text
        let file = shell.name == "zsh" ? "_vault" : "vault.\(shell.name)"
        try daemon.directory.write(script, to: file, mode: 0o644)
        let path = try #require(Command.find(shell.name))
        var command = daemon.client(path, shell.arguments)
        command.environment = (command.environment ?? []).filter { !$0.hasPrefix("HOME=") && !$0.hasPrefix("TERM=") }
        let home = daemon.directory.path("home")
        mkdir(home.string, 0o777)
        chmod(home.string, 0o777)
        command.environment? += [
            "PS1=go> ", "HOME=\(home)", "TERM=xterm", "XDG_CONFIG_HOME=\(home)", "XDG_DATA_HOME=\(home)",
        ]
        command.directory = daemon.directory.path
        command.timeLimit = .seconds(60)
        return uid.map { command.asUser(uid: $0) } ?? command
    }

    @Test("TAB completes the name of a capability and the id of a rule, as the broker has them", arguments: Shell.all)
    func completes(shell: Shell) async throws {
        let daemon = try await StandardVault.start()
        // What is typed is shown too: a marker that only its running puts together tells the one from the other.
        let result = try await PseudoTerminal(columns: 200, rows: 40).run(
            command(shell, daemon),
            .init(when: shell.prompt, type: "\(shell.setUp); echo re''ady\n"),
            .init(when: "ready", type: "vault cat files/jou\t\n"),
            .init(when: "begun", type: "vault rules reader-o\t\n"),
            .init(when: "in force", type: "exit\n"))
        #expect(result.text.contains("begun\n") && result.text.contains("- id: reader-opens-all-but"), "\(result.text)")
    }

    /// What is offered behind `vault WORDS… PREFIX`, as the scripts ask for it.
    private func offered(_ daemon: Daemon, _ words: [String], uid: UInt32? = nil) async throws -> CommandResult {
        let verb = words.prefix { !$0.hasPrefix("-") }.dropLast()
        let all = ["vault"] + words
        var command = daemon.vaultCommand(
            ["---completion"] + verb + ["--", "positional@0", "\(all.count - 1)", "\(all.last?.utf8.count ?? 0)"] + all)
        command.environment? += ["SAP_SHELL=bash", "SAP_SHELL_VERSION=5"]
        return try await (uid.map { command.asUser(uid: $0) } ?? command).run()
    }

    private func words(_ result: CommandResult) -> Set<String> {
        Set(result.text.split(separator: "\n").map { $0.trimmingSpaces })
    }

    @Test(
        "What is offered is what a listing would show, and asking for more is no denial on record",
        .enabled(if: Command.canChangeUser, "needs other users"))
    func disclosesNothing() async throws {
        let daemon = try await StandardVault.start()
        let all = words(try await offered(daemon, ["cat", "hidden/"]))
        #expect(all == ["hidden/secret"], "\(all)")
        #expect(words(try await offered(daemon, ["cat", "hidden/"], uid: StandardVault.stranger)).isEmpty)
        #expect(words(try await offered(daemon, ["rules", "reader"])) == ["reader-opens-all-but-what-is-hidden"])
        #expect(words(try await offered(daemon, ["rules", "reader"], uid: StandardVault.stranger)).isEmpty)
        let records = words(try await offered(daemon, ["audit", "show", ""]))
        #expect(records.isSuperset(of: ["0", "1"]), "\(records)")
        #expect(words(try await offered(daemon, ["audit", "show", ""], uid: StandardVault.stranger)).isEmpty)
        #expect(try await daemon.vault("audit", "list", "--type", "deny", "-o", "jsonl").text.isEmpty)
    }

    @Test("Where no broker answers nothing is offered, at once or within a second, and nothing is said")
    func isSilent() async throws {
        let daemon = try await StandardVault.start()
        try await daemon.halt()
        let begin = ContinuousClock.now
        let halted = try await offered(daemon, ["cat", "files/"])
        #expect(words(halted).isEmpty && halted.errors.isEmpty, "\(halted.text)\(halted.errorText)")
        #expect(ContinuousClock.now - begin < .seconds(10))
        try await daemon.crash()
        let gone = try await offered(daemon, ["cat", "files/"])
        #expect(words(gone).isEmpty && gone.errors.isEmpty, "\(gone.text)\(gone.errorText)")
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

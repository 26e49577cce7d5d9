// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

@Suite("A first policy file")
struct PolicyNewTests {
    private func command(_ directory: TemporaryDirectory, _ words: [String]) -> Command {
        var command = Command(BuiltProgram.path("vault"), arguments: ["policy"] + words)
        command.environment = ["PATH=/usr/bin:/bin", "TMPDIR=\(directory.path)", "VAULTD_CONFIG=/dev/null"]
        command.directory = directory.path
        return command
    }

    @Test(
        "what flags say becomes a policy whose check and tests pass, with a test of who may not",
        arguments: [
            ["--value", "/var/log/web/access.log", "--to", "user:root"],
            [
                "--value", "/var/log/x", "--to", "user:root,daemon", "--to", "unit:web@*.service", "--rights",
                "read,write",
            ],
            ["--value", "tcp:127.0.0.1:0", "--name", "web/port", "--to", "group:daemon"],
            ["--value", "/etc/hostname", "--kind", "memory", "--name", "secrets/x", "--to", "uid:33"],
            ["--value", "relative name.log", "--name", "logs/x", "--to", "anyone", "--id", "mine"],
        ])
    func writes(words: [String]) async throws {
        let directory = try TemporaryDirectory()
        let made = try await command(directory, ["new", "made.yaml"] + words).run()
        #expect(made.status == .exited(0), "\(made.text)\(made.errorText)")
        #expect(made.text.hasPrefix("wrote made.yaml: "))
        let text = try directory.read("made.yaml")
        let checked = try await command(directory, ["check", "made.yaml"]).run()
        #expect(
            checked.text.contains("1 capability, 1 rule, ") && checked.status == .exited(0),
            "\(checked.text)\n\(text)")
        let tested = try await command(directory, ["test", "made.yaml"]).run()
        #expect(tested.status == .exited(0) && tested.text.contains(" tests passed"), "\(tested.text)\n\(text)")
        // The tests say something: with the rule turned round they fail.
        try directory.write(text.replacing("permit: [open]", with: "forbid: [open]"), to: "turned.yaml")
        #expect(try await command(directory, ["test", "turned.yaml"]).run().status == .exited(1))
        #expect(text.contains("expect: permit"))
        if words.contains("anyone") == false { #expect(text.contains("expect: deny")) }
        // Nothing is left of the draft.
        #expect(directory.names() == ["made.yaml", "turned.yaml"])
        let again = try await command(directory, ["new", "made.yaml"] + words).run()
        #expect(again.status == .exited(1) && again.errorText.contains("is there already"))
        let replaced = try await command(directory, ["new", "made.yaml", "--replace"] + words).run()
        #expect(replaced.status == .exited(0))
        #expect(try directory.read("made.yaml") == text)
        #expect(try await command(directory, ["new"] + words).run().text == text)
    }

    @Test("what is missing is asked on a terminal, with a proposal where there is one")
    func asks() async throws {
        let directory = try TemporaryDirectory()
        let shown = try await PseudoTerminal().run(
            command(directory, ["new", "asked.yaml"]), .init(when: "handed out", type: "/var/log/web/access.log\n"),
            .init(when: "[log/web/access.log] ", type: "\n"), .init(when: "Who may open it", type: "user:root\n"),
            .init(when: "[read] ", type: "\n"))
        #expect(shown.status == .exited(0), "\(shown.text)")
        let text = try directory.read("asked.yaml")
        #expect(text.contains("- name: log/web/access.log\n") && text.contains("to: { user: root }"), "\(text)")
        #expect(try await command(directory, ["test", "asked.yaml"]).run().text == "3 tests passed\n")
        let ended = try await PseudoTerminal().run(
            command(directory, ["new", "ended.yaml"]), .init(when: "handed out", type: "\u{4}"))
        #expect(ended.status == .exited(1) && directory.names() == ["asked.yaml"], "\(ended.text)")
    }

    @Test("what cannot be is refused, and nothing is written")
    func refuses() async throws {
        let directory = try TemporaryDirectory()
        for (words, status) in [
            (["--to", "user:root"], 2), (["--value", "/x"], 2), (["--value", "/x", "--to", "someone"], 2),
            (["--value", "/x", "--to", "anyone", "--to", "uid:3"], 2), (["--value", "/x", "--to", "exe:/bin/cat"], 1),
            (["--value", "/x", "--to", "user:nobody-is-called-so"], 1),
            (["--value", "/x", "--name", "a//b", "--to", "uid:1"], 1),
        ] as [([String], Int32)] {
            let result = try await command(directory, ["new", "x.yaml"] + words).run()
            #expect(result.status == .exited(status), "\(words): \(result.text)\(result.errorText)")
            #expect(directory.names().isEmpty, "\(words)")
        }
        let elsewhere = ["new", "x.yaml", "--value", "/x", "--to", "user:nobody-is-called-so", "--without-users"]
        #expect(try await command(directory, elsewhere).run().status == .exited(0))
    }
}

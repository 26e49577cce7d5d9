// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Testing
import VaultTestKit

/// `vault policy edit`, on a terminal and without one, with editors that a test wrote.
@Suite struct PolicyEditTests {
    private static let added = "  - { id: added, permit: [open], capability: files/secret, to: { uid: 7 } }"

    /// A command that edits the standard policy with a script, to which the copy is $1.
    private func edit(
        _ daemon: Daemon, _ script: String, _ words: String..., file: String = "standard.yaml",
        variable: String = "VISUAL"
    ) throws -> Command {
        let editor = try daemon.directory.write("#!/bin/sh\n\(script)\n", to: "editor", mode: 0o755)
        var command = daemon.vaultCommand(["policy", "edit", daemon.policies.appending(file).string] + words)
        command.environment = (command.environment ?? []).filter {
            !$0.hasPrefix("VISUAL=") && !$0.hasPrefix("EDITOR=") && !$0.hasPrefix("TMPDIR=")
        }
        command.environment?.append("\(variable)=\(editor)")
        command.environment?.append("TMPDIR=\(daemon.directory.path)")
        return command
    }

    private func isInForce(_ daemon: Daemon, _ rule: String) async throws -> Bool {
        try await daemon.vault("policy", "show").text.contains("id: \(rule)\n")
    }

    private func leftovers(_ daemon: Daemon) -> [String] {
        daemon.directory.names().filter { $0.hasPrefix("vault-edit-") }
    }

    @Test("What is right is shown, confirmed, saved and in force; y after a look at it again")
    func applies() async throws {
        let daemon = try await StandardVault.start()
        let append = "grep -q added $1 || echo '\(Self.added)' >>$1"
        let terminal = PseudoTerminal()
        let shown = try await terminal.run(
            edit(daemon, append, "--reason", "a test"), .init(when: "without saving: ", type: "e\n"),
            .init(when: "without saving: ", type: "maybe\n"), .init(when: "without saving: ", type: "y\n"))
        #expect(shown.status == .exited(0), "\(shown.text)")
        #expect(shown.text.contains("rule.add\n+   - id: added\n") && shown.text.contains("is in force (record "))
        #expect(try await isInForce(daemon, "added"))
        #expect(try daemon.directory.read("policies/standard.yaml").hasSuffix(Self.added + "\n"))
        #expect(try FileStatus(ofPath: daemon.policies.appending("standard.yaml")).permissions == 0o644)
        #expect(leftovers(daemon).isEmpty)
        let history = try await daemon.vault("policy", "history").text
        #expect(history.contains("rule.add added"), "\(history)")
        let unchanged = try await terminal.run(edit(daemon, "true", variable: "EDITOR"))
        #expect(unchanged.text == "nothing was changed\n" && unchanged.status == .exited(0))
    }

    @Test("With a mistake nothing is applied: x leaves the file, e edits again, Q saves it and says so")
    func refusesMistakes() async throws {
        let daemon = try await StandardVault.start()
        let before = try daemon.directory.read("policies/standard.yaml")
        let terminal = PseudoTerminal()
        let question = "though it is wrong? "
        let left = try await terminal.run(edit(daemon, "echo 'oops: 1' >>$1"), .init(when: question, type: "x\n"))
        #expect(
            left.status == .exited(1) && left.text.contains("standard.yaml:") && left.text.contains("'oops'"),
            "\(left.text)")
        #expect(try daemon.directory.read("policies/standard.yaml") == before && leftovers(daemon).isEmpty)
        // The end of the input is no consent.
        let ended = try await terminal.run(edit(daemon, "echo 'oops: 1' >>$1"), .init(when: question, type: "\u{4}"))
        #expect(ended.status == .exited(1))
        #expect(try daemon.directory.read("policies/standard.yaml") == before)
        // The first edit is wrong, the second takes it back and adds what is right.
        let twice =
            "if grep -q oops $1; then sed -i '/oops/d' $1; echo '\(Self.added)' >>$1; else echo 'oops: 1' >>$1; fi"
        let mended = try await terminal.run(
            edit(daemon, twice), .init(when: question, type: "e\n"), .init(when: "without saving: ", type: "y\n"))
        #expect(mended.status == .exited(0), "\(mended.text)")
        #expect(try await isInForce(daemon, "added"))
        let saved = try await terminal.run(edit(daemon, "echo 'oops: 1' >>$1"), .init(when: question, type: "Q\n"))
        #expect(
            saved.status == .exited(1) && saved.text.contains("saved with mistakes, and not applied"), "\(saved.text)")
        #expect(try daemon.directory.read("policies/standard.yaml").hasSuffix("oops: 1\n"))
        #expect(try await isInForce(daemon, "added"))
    }

    @Test("Under which nobody administers is no policy, and is refused before it is saved")
    func refusesLockout() async throws {
        let daemon = try await StandardVault.start()
        let forbid = "  - { id: all-out, forbid: [admin], to: anyone }"
        let result = try await edit(daemon, "echo '\(forbid)' >>$1", "--yes").run()
        #expect(result.status == .exited(1), "\(result.text)\(result.errorText)")
        #expect(try !daemon.directory.read("policies/standard.yaml").contains("all-out"))
        #expect(try await daemon.vault("status").status == .exited(0))
    }

    @Test("Without a terminal it needs --yes, and then applies what is right and nothing else")
    func scripts() async throws {
        let daemon = try await StandardVault.start()
        #expect(try await edit(daemon, "true").run().status == .exited(2))
        let made = try await edit(
            daemon, "printf 'vault: 1\\nrules:\\n\(Self.added)\\n' >$1", "--yes", file: "new.yaml"
        ).run()
        #expect(made.status == .exited(0), "\(made.errorText)")
        #expect(try await isInForce(daemon, "added"))
        let wrong = try await edit(daemon, "echo x >$1", "--yes", file: "new.yaml").run()
        #expect(wrong.status == .exited(1) && wrong.errorText.contains("nothing was changed"), "\(wrong.errorText)")
        #expect(try daemon.directory.read("policies/new.yaml").contains("added"))
        #expect(try await edit(daemon, "exit 3", "--yes").run().status == .exited(1))
        for file in ["../elsewhere.yaml", "x.yml"] {
            #expect(try await edit(daemon, "true", "--yes", file: file).run().status == .exited(2), "\(file)")
        }
        if Command.canChangeUser {
            var other = try edit(daemon, "true", "--yes")
            other = other.asUser(uid: StandardVault.stranger)
            #expect(try await other.run().status == .exited(1))
        }
    }

    @Test("Two do not edit at a time, and what somebody wrote meanwhile is not overwritten")
    func locks() async throws {
        let daemon = try await StandardVault.start()
        let inner = daemon.vaultCommand(["policy", "edit", daemon.policies.appending("standard.yaml").string, "--yes"])
        let both =
            "VISUAL=true \(inner.path) \(inner.arguments.joined(separator: " ")) 2>\(daemon.directory.path("second"))"
        let first = try await edit(daemon, "\(both); echo $? >>\(daemon.directory.path("second"))", "--yes").run()
        #expect(first.status == .exited(0) && first.text == "nothing was changed\n", "\(first.errorText)")
        let second = try daemon.directory.read("second")
        #expect(second.contains("somebody else edits a file there") && second.hasSuffix("\n4\n"), "\(second)")
        let file = daemon.policies.appending("standard.yaml").string
        let raced = try await edit(daemon, "echo '\(Self.added)' >>$1; echo '# by another' >>\(file)", "--yes").run()
        #expect(
            raced.status == .exited(1) && raced.errorText.contains("by somebody else meanwhile"), "\(raced.errorText)")
        let text = try daemon.directory.read("policies/standard.yaml")
        #expect(text.hasSuffix("# by another\n") && !text.contains("added"))
        // What was written is kept where it was said.
        #expect(leftovers(daemon).count == 1)
        #expect(try await !isInForce(daemon, "added"))
    }
}

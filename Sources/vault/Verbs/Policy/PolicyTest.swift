// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `vault policy test`: the cases that are written beside the rules.
struct PolicyTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the tests of policy files, without a broker.",
        discussion: """
            A test says who asks for what, and what must come of it. The exit status is 1 if one fails.

              tests:
                - as: { user: alice }
                  open: logs/web
                  rights: [read]
                  expect: permit

              vault policy test /etc/vaultd/policies
            """)

    @Argument(help: "Files, or directories of which every *.yaml is read.", completion: .file(extensions: ["yaml"]))
    var files: [String]

    func run() throws {
        throw OfflineProgram.execute(["policy", "test", "--"] + files)
    }
}

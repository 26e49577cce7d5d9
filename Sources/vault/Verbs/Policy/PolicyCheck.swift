// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `vault policy check`: files are read as the broker would, without one.
struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check policy files, without a broker.",
        discussion: """
            Every mistake of every file is shown with its file, line and column, the line itself, and what to do. All \
            files are read as one policy. What lies in a directory and is not read is warned of: only names that end in \
            .yaml are. The exit status is 1 if there is an error, and 0 if there are only warnings.

            On a host with a vaultd.yaml (--config, $VAULTD_CONFIG, or where vaultd looks for it) it is also warned of \
            paths that its opener will not open: beneath none of its roots, through a link that leaves them, or the \
            vault's own.

            With --without-users the files are checked for another host: every name of a user or group is taken for one \
            that exists there, and paths are not held against this host's configuration unless --config names one.

              vault policy check /etc/vaultd/policies
              vault policy check --without-users --output sarif Policies > policy.sarif
              vault policy check web.yaml backup.yaml
            """)

    @Argument(help: "Files, or directories of which every *.yaml is read.", completion: .file(extensions: ["yaml"]))
    var files: [String]

    @Option(
        help: ArgumentHelp("The configuration of the daemon, for the roots of its opener.", valueName: "file"),
        completion: .file(extensions: ["yaml"]))
    var config: String?

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("What to print: text, json, or sarif, which code hosts read (2.1.0).", valueName: "format"))
    var output = Format.text

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, sarif
    }

    @OptionGroup var users: UsersOption

    func run() throws {
        var options = config.map { ["--config", $0] } ?? []
        if output != .text { options += ["--output", output.rawValue] }
        options += users.arguments
        throw OfflineProgram.execute(["policy", "check"] + options + ["--"] + files)
    }
}

/// `vault policy test`: the cases that are written beside the rules.
struct PolicyTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the tests of policy files, without a broker.",
        discussion: """
            A test says who asks for what, and what must come of it. The exit status is 1 if one fails. With \
            --without-users every name of a user or group is taken for one that exists.

              tests:
                - as: { user: alice }
                  open: logs/web
                  rights: [read]
                  expect: permit

              vault policy test /etc/vaultd/policies
            """)

    @Argument(help: "Files, or directories of which every *.yaml is read.", completion: .file(extensions: ["yaml"]))
    var files: [String]

    @OptionGroup var users: UsersOption

    func run() throws {
        throw OfflineProgram.execute(["policy", "test"] + users.arguments + ["--"] + files)
    }
}

/// Whether the users of this host are those of the policy.
struct UsersOption: ParsableArguments {
    @Flag(help: "The policy is another host's: take every name of a user or group for one that exists there.")
    var withoutUsers = false

    /// As `vault-offline` takes it.
    var arguments: [String] { withoutUsers ? ["--without-users"] : [] }
}

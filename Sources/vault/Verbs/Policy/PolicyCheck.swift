// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `vault policy check`: files are read as the broker would, without one.
struct PolicyCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check policy files, without a broker.",
        discussion: """
            Every mistake of every file is shown with its file, line and column, the line itself, and what to do. All \
            files are read as one policy. The exit status is 1 if there is an error, and 0 if there are only warnings.

              vault policy check /etc/vaultd/policies
              vault policy check web.yaml backup.yaml
            """)

    @Argument(help: "Files, or directories of which every *.yaml is read.", completion: .file(extensions: ["yaml"]))
    var files: [String]

    func run() throws {
        throw OfflineProgram.execute(["policy", "check", "--"] + files)
    }
}

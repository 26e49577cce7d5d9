// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Verbs about policy files.
struct Policy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check and test policy files.",
        subcommands: [PolicyCheck.self, PolicyTest.self])
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Verbs about policy files.
struct Policy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Check policy files.", subcommands: [PolicyCheck.self])
}

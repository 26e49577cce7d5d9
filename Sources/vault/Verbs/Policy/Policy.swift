// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `vault policy`: the rules and capabilities that come from files.
struct Policy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Check, apply and show the policy.",
        discussion: """
            A policy is a set of files that declare capabilities and rules. It is checked and applied as a whole, as one \
            revision. Rules made by 'vault grant' are stored beside it and stay.

              vault policy check Policies
              vault policy apply Policies --dry-run
              vault policy apply Policies --reason 'new web server'
            """,
        subcommands: changing + asking)

    /// Those that check and change.
    private static let changing: [any ParsableCommand.Type] = [
        PolicyCheck.self, PolicyTest.self, PolicyDiff.self, PolicyApply.self, PolicyEdit.self, PolicyNew.self,
        PolicyShow.self, PolicyHistory.self,
        PolicyResume.self,
    ]
    /// Those that ask and change nothing.
    private static let asking: [any ParsableCommand.Type] = [
        PolicyExplain.self, PolicyReplay.self, PolicyWhoCan.self, PolicyWhatCan.self,
    ]
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import VaultInterface

/// The command line of the vault: a verb, its options, two lines when it fails.
@main
struct Vault: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault",
        abstract: "Ask the vault for open descriptors, and administer it.",
        discussion: """
            The vault holds descriptors of files, listeners, pipes and secrets under names, and hands them out to \
            programs by rules. Each grant is in its audit log before the descriptor leaves.

              vault list
              vault cat logs/web/access
              vault exec --pass web/listener -- server

            The broker is the one at --socket, or with --user that of this user; else the one at VAULT_SOCKET, else the \
            system's, or where only this user's exists, that.

            Exit status: 0 done; 1 denied, or not found; 2 wrong usage; 3 the broker or its log is unavailable; 4 the \
            operating system said no; 5 verification failed; 6 the place to go on from in the log is lost. 'vault exec', \
            'vault take' and 'vault dump' become their command, and exit with 125, 126 or 127 as env(1) does when that \
            fails.
            """,
        version: Release.version,
        subcommands: [
            Cat.self, Try.self, Exec.self,
            Put.self, Take.self, Transfer.self, Dump.self, Restore.self,
            List.self, Show.self, Credentials.self, Watch.self, WhoAmI.self, CanI.self,
            Grant.self, Revoke.self, Rules.self, Leases.self,
            Add.self, Remove.self, Renew.self, Import.self,
            Policy.self, Audit.self,
            Status.self, Doctor.self, Metrics.self, Reload.self,
        ])

    static func main() {
        StandardDescriptor.fillMissing()
        Glibc.exit(Invocation(arguments: Array(CommandLine.arguments.dropFirst())).run())
    }
}

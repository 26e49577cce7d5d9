// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `vault audit`: what the log says.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Read the audit log.",
        discussion: """
            Every grant, denial, delivery and change is a record there, written before it took effect. Reading it needs \
            the action audit, and is itself recorded.

              vault audit list --since today --decision deny
              vault audit show 17
            """,
        subcommands: [AuditList.self, AuditShow.self])
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Verbs about the log.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Verify the log, its receipts and its archives.",
        subcommands: [AuditVerify.self, AuditVerifyReceipt.self, AuditArchive.self, AuditTiles.self])
}

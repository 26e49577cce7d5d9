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
              vault audit report --since '30d ago' --out report.html

            The log is a Merkle tree (RFC 6962) with signed checkpoints. Who keeps a checkpoint somewhere else can show \
            later that nothing before it was changed, without trust in this host:

              vault audit checkpoint > checkpoint
              vault audit verify --from checkpoint
            """,
        subcommands: [
            AuditList.self, AuditShow.self, AuditSummary.self, AuditReport.self,
            AuditVerify.self, AuditVerifyReceipt.self, AuditProve.self, AuditCheckpoint.self, AuditKey.self,
            AuditExport.self, AuditPrune.self, AuditBackup.self, AuditAddCosignature.self, AuditAcceptClock.self,
        ])
}

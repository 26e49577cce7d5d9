// SPDX-License-Identifier: Apache-2.0

import Varlink
import VaultInterface
import VaultModel

/// Which method of `io.vaultd.Audit` is served by what.
extension Broker {
    func dispatchAudit(
        _ call: borrowing VarlinkCall, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        switch call.method {
        case AuditInterface.Query.method:
            try serve(AuditInterface.Query.self, call, answer, session, needs: .audit, by: query)
        case AuditInterface.Show.method:
            try serve(AuditInterface.Show.self, call, answer, session, needs: .audit, by: show)
        case AuditInterface.Summarize.method:
            try serve(AuditInterface.Summarize.self, call, answer, session, needs: .audit, by: summarize)
        case AuditInterface.Prove.method:
            try serve(AuditInterface.Prove.self, call, answer, session, needs: .audit, by: prove)
        case AuditInterface.Checkpoint.method:
            try serve(AuditInterface.Checkpoint.self, call, answer, session, needs: .audit, by: checkpoint)
        case AuditInterface.Export.method:
            try serve(AuditInterface.Export.self, call, answer, session, needs: .audit, by: export)
        case AuditInterface.Prune.method:
            // It takes away from what others may audit.
            try serve(AuditInterface.Prune.self, call, answer, session, needs: .audit, .admin, by: prune)
        case AuditInterface.AddCosignature.method:
            try serve(AuditInterface.AddCosignature.self, call, answer, session, needs: .audit, by: addCosignature)
        default: throw .methodNotFound(call.method)
        }
    }
}

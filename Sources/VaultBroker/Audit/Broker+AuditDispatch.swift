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
            guard let parameters = try admitted(AuditInterface.Query.self, call, .audit, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await query(parameters, answer, session) } }
        case AuditInterface.Show.method:
            guard let parameters = try admitted(AuditInterface.Show.self, call, .audit, answer, session) else { return }
            Task { await settle(answer) { () throws(VarlinkError) in try await show(parameters, session) } }
        case AuditInterface.Summarize.method:
            guard let parameters = try admitted(AuditInterface.Summarize.self, call, .audit, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await summarize(parameters, session) } }
        case AuditInterface.Prove.method:
            guard let parameters = try admitted(AuditInterface.Prove.self, call, .audit, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await prove(parameters, session) } }
        case AuditInterface.Checkpoint.method:
            guard let parameters = try admitted(AuditInterface.Checkpoint.self, call, .audit, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await checkpoint(parameters, session) } }
        case AuditInterface.Export.method:
            guard let parameters = try admitted(AuditInterface.Export.self, call, .audit, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await export(parameters, answer, session) } }
        case AuditInterface.Prune.method:
            // It takes away from what others may audit.
            guard let parameters = try admitted(AuditInterface.Prune.self, call, .audit, answer, session),
                permits(.admin, answer, session)
            else { return }
            Task { await settle(answer) { () throws(VarlinkError) in try await prune(parameters, session) } }
        case AuditInterface.AddCosignature.method:
            guard let parameters = try admitted(AuditInterface.AddCosignature.self, call, .audit, answer, session)
            else { return }
            Task { await settle(answer) { () throws(VarlinkError) in try await addCosignature(parameters, session) } }
        default: throw .methodNotFound(call.method)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Varlink
import VaultInterface
import VaultModel

/// Which method of `io.vaultd.Audit` is served by what.
extension Broker: AuditService {
    package func query(_ parameters: AuditInterface.Query.Parameters, in context: CallContext) {
        serve(AuditInterface.Query.self, parameters, context, needs: .audit) {
            broker, parameters, answer, session throws(VarlinkError) in
            try await broker.query(parameters, answer, session)
        }
    }

    package func show(_ parameters: AuditInterface.Show.Parameters, in context: CallContext) {
        serve(AuditInterface.Show.self, parameters, context, needs: .audit) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.show(parameters, session)
        }
    }

    package func summarize(_ parameters: AuditInterface.Summarize.Parameters, in context: CallContext) {
        serve(AuditInterface.Summarize.self, parameters, context, needs: .audit) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.summarize(parameters, session)
        }
    }

    package func prove(_ parameters: AuditInterface.Prove.Parameters, in context: CallContext) {
        serve(AuditInterface.Prove.self, parameters, context, needs: .audit) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.prove(parameters, session)
        }
    }

    package func checkpoint(_ parameters: AuditInterface.Checkpoint.Parameters, in context: CallContext) {
        serve(AuditInterface.Checkpoint.self, parameters, context, needs: .audit) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.checkpoint(parameters, session)
        }
    }

    package func export(_ parameters: AuditInterface.Export.Parameters, in context: CallContext) {
        serve(AuditInterface.Export.self, parameters, context, needs: .audit) {
            broker, parameters, answer, session throws(VarlinkError) in
            try await broker.export(parameters, answer, session)
        }
    }

    package func prune(_ parameters: AuditInterface.Prune.Parameters, in context: CallContext) {
        // It takes away from what others may audit.
        serve(AuditInterface.Prune.self, parameters, context, needs: .audit, .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.prune(parameters, session)
        }
    }

    package func addCosignature(_ parameters: AuditInterface.AddCosignature.Parameters, in context: CallContext) {
        serve(AuditInterface.AddCosignature.self, parameters, context, needs: .audit) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.addCosignature(parameters, session)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Varlink
import VaultInterface
import VaultModel

/// Which method of `io.vaultd.Admin` is served by what.
extension Broker: AdminService {
    package func grant(_ parameters: AdminInterface.Grant.Parameters, in context: CallContext) {
        serve(AdminInterface.Grant.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.grant(parameters, session)
        }
    }

    package func revoke(_ parameters: AdminInterface.Revoke.Parameters, in context: CallContext) {
        serve(AdminInterface.Revoke.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.revoke(parameters, session)
        }
    }

    package func resume(_ parameters: AdminInterface.Resume.Parameters, in context: CallContext) {
        serve(AdminInterface.Resume.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.resume(parameters, session)
        }
    }

    package func rules(_ parameters: AdminInterface.Rules.Parameters, in context: CallContext) {
        serve(AdminInterface.Rules.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.rules(parameters, session)
        }
    }

    package func revisions(_ parameters: AdminInterface.Revisions.Parameters, in context: CallContext) {
        serve(AdminInterface.Revisions.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.revisions(parameters, session)
        }
    }

    package func compare(_ parameters: AdminInterface.Compare.Parameters, in context: CallContext) {
        serve(AdminInterface.Compare.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.compare(parameters, session)
        }
    }

    package func declaration(_ parameters: AdminInterface.Declaration.Parameters, in context: CallContext) {
        serve(AdminInterface.Declaration.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try broker.declaration(parameters)
        }
    }

    package func applyPolicy(_ parameters: AdminInterface.ApplyPolicy.Parameters, in context: CallContext) {
        serve(AdminInterface.ApplyPolicy.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.applyPolicy(parameters, session)
        }
    }

    package func addCapability(_ parameters: AdminInterface.AddCapability.Parameters, in context: CallContext) {
        serve(AdminInterface.AddCapability.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.addCapability(parameters, session)
        }
    }

    package func removeCapability(_ parameters: AdminInterface.RemoveCapability.Parameters, in context: CallContext) {
        serve(AdminInterface.RemoveCapability.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.removeCapability(parameters, session)
        }
    }

    package func leases(_ parameters: AdminInterface.Leases.Parameters, in context: CallContext) {
        serve(AdminInterface.Leases.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.leases(parameters, session)
        }
    }

    package func acceptClock(_ parameters: AdminInterface.AcceptClock.Parameters, in context: CallContext) {
        serve(AdminInterface.AcceptClock.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.acceptClock(parameters, session)
        }
    }

    package func status(_ parameters: AdminInterface.Status.Parameters, in context: CallContext) {
        serve(AdminInterface.Status.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.status(parameters, session)
        }
    }

    package func reload(_ parameters: AdminInterface.Reload.Parameters, in context: CallContext) {
        serve(AdminInterface.Reload.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.reload(parameters, session)
        }
    }

    package func explain(_ parameters: AdminInterface.Explain.Parameters, in context: CallContext) {
        serve(AdminInterface.Explain.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.explain(parameters, session)
        }
    }

    package func replay(_ parameters: AdminInterface.Replay.Parameters, in context: CallContext) {
        serve(AdminInterface.Replay.self, parameters, context, needs: .admin) {
            broker, parameters, answer, session throws(VarlinkError) in
            try await broker.replay(parameters, answer, session)
        }
    }

    package func whoCan(_ parameters: AdminInterface.WhoCan.Parameters, in context: CallContext) {
        serve(AdminInterface.WhoCan.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.whoCan(parameters, session)
        }
    }

    package func whatCan(_ parameters: AdminInterface.WhatCan.Parameters, in context: CallContext) {
        serve(AdminInterface.WhatCan.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.whatCan(parameters, session)
        }
    }

    package func credentials(_ parameters: AdminInterface.Credentials.Parameters, in context: CallContext) {
        serve(AdminInterface.Credentials.self, parameters, context, needs: .admin) {
            broker, parameters, session throws(VarlinkError) in
            try await broker.credentials(parameters, session)
        }
    }
}

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
        serve(
            AuditInterface.Export.self, parameters, context, needs: .audit,
            writingParts: { broker, parameters, answer, session throws(VarlinkError) in
                try await broker.export(parameters, answer, session)
            })
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

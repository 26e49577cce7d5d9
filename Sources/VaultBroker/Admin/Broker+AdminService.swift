// SPDX-License-Identifier: Apache-2.0

import Varlink
import VaultInterface
import VaultModel

/// Which method of `io.vaultd.Admin` is served by what.
extension Broker: AdminService {
    package func grant(_ parameters: AdminInterface.Grant.Parameters, in context: CallContext) {
        serve(AdminInterface.Grant.self, parameters, context, needs: .admin, by: grant)
    }

    package func revoke(_ parameters: AdminInterface.Revoke.Parameters, in context: CallContext) {
        serve(AdminInterface.Revoke.self, parameters, context, needs: .admin, by: revoke)
    }

    package func resume(_ parameters: AdminInterface.Resume.Parameters, in context: CallContext) {
        serve(AdminInterface.Resume.self, parameters, context, needs: .admin, by: resume)
    }

    package func rules(_ parameters: AdminInterface.Rules.Parameters, in context: CallContext) {
        serve(AdminInterface.Rules.self, parameters, context, needs: .admin, by: rules)
    }

    package func revisions(_ parameters: AdminInterface.Revisions.Parameters, in context: CallContext) {
        serve(AdminInterface.Revisions.self, parameters, context, needs: .admin, by: revisions)
    }

    package func applyPolicy(_ parameters: AdminInterface.ApplyPolicy.Parameters, in context: CallContext) {
        serve(AdminInterface.ApplyPolicy.self, parameters, context, needs: .admin, by: applyPolicy)
    }

    package func addCapability(_ parameters: AdminInterface.AddCapability.Parameters, in context: CallContext) {
        serve(AdminInterface.AddCapability.self, parameters, context, needs: .admin, by: addCapability)
    }

    package func removeCapability(_ parameters: AdminInterface.RemoveCapability.Parameters, in context: CallContext) {
        serve(AdminInterface.RemoveCapability.self, parameters, context, needs: .admin, by: removeCapability)
    }

    package func leases(_ parameters: AdminInterface.Leases.Parameters, in context: CallContext) {
        serve(AdminInterface.Leases.self, parameters, context, needs: .admin, by: leases)
    }

    package func acceptClock(_ parameters: AdminInterface.AcceptClock.Parameters, in context: CallContext) {
        serve(AdminInterface.AcceptClock.self, parameters, context, needs: .admin, by: acceptClock)
    }

    package func status(_ parameters: AdminInterface.Status.Parameters, in context: CallContext) {
        serve(AdminInterface.Status.self, parameters, context, needs: .admin, by: status)
    }

    package func reload(_ parameters: AdminInterface.Reload.Parameters, in context: CallContext) {
        serve(AdminInterface.Reload.self, parameters, context, needs: .admin, by: reload)
    }

    package func explain(_ parameters: AdminInterface.Explain.Parameters, in context: CallContext) {
        serve(AdminInterface.Explain.self, parameters, context, needs: .admin, by: explain)
    }

    package func replay(_ parameters: AdminInterface.Replay.Parameters, in context: CallContext) {
        serve(AdminInterface.Replay.self, parameters, context, needs: .admin, by: replay)
    }

    package func whoCan(_ parameters: AdminInterface.WhoCan.Parameters, in context: CallContext) {
        serve(AdminInterface.WhoCan.self, parameters, context, needs: .admin, by: whoCan)
    }

    package func whatCan(_ parameters: AdminInterface.WhatCan.Parameters, in context: CallContext) {
        serve(AdminInterface.WhatCan.self, parameters, context, needs: .admin, by: whatCan)
    }
}

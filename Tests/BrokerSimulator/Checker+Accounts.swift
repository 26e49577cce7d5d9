// SPDX-License-Identifier: Apache-2.0

import VaultCore
import VaultModel

/// What is counted against what the kernel would count.
extension Checker {
    func lookAtAccounts(_ world: World, _ core: BrokerCore) {
        for uid in World.uids {
            let unread =
                world.sessions.filter { $0.process.uid == uid }.map(\.unread)
                + world.left.filter { $0.uid == uid }.map(\.unread)
            let inFlight = unread.reduce(0) { $0 + $1.descriptors }
            let counted = core.sessions.onTheWay(of: .user(uid))
            if inFlight > counted { found(.accounts, "\(inFlight) are in flight to \(uid), \(counted) are counted") }
            let limit = world.descriptorLimits.onTheWayOfOne
            if counted > limit { found(.accounts, "\(counted) descriptors are on their way to \(uid), of \(limit)") }
        }
        let charged = core.holdings.charged
        if core.sessions.onTheWay > world.descriptorLimits.onTheWay || charged.kept > world.descriptorLimits.kept
            || charged.ahead > world.descriptorLimits.ahead
        {
            found(.accounts, "more than all is on its way (\(core.sessions.onTheWay)), kept or ahead (\(charged))")
        }
        let held = core.holdings.descriptorCount
        if charged.kept + charged.ahead > held + world.openTickets + world.registry.namesUnderWay {
            found(.accounts, "\(charged) are charged, and \(held) held")
        }
    }

    /// Nothing is under way, and everything was read.
    func lookAtAccountsAtRest(_ core: BrokerCore) {
        guard core.sessions.onTheWay > 0 else { return }
        found(.accounts, "\(core.sessions.onTheWay) descriptors are counted as on their way, and none is")
    }
}

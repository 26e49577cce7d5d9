// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// The policy in force, and every question to it.
package final class PolicyRoom {
    private let counters: CounterRoom
    private let journal: Journal

    package private(set) var inForce = CompiledPolicy(rules: [], revision: 0, sha256: "")
    /// Moves whenever the policy, a capability or what is believed of the clock changes: a decision of an earlier
    /// generation is made again before anything is sent under it.
    package private(set) var generation: UInt64 = 0
    /// The rules of the policy in force that let somebody deposit; nil: nobody has asked.
    private var depositors: CompiledPolicy.Permits?

    package init(counters: CounterRoom, journal: Journal) {
        self.counters = counters
        self.journal = journal
    }

    /// From here on every decision is made by this one, also for calls that are under way.
    func replace(with new: CompiledPolicy) {
        inForce = new
        depositors = nil
        generation += 1
    }

    /// Whether some rule lets somebody deposit something, sometimes.
    package var letsSomebodyDeposit: Bool { !permitsToDeposit.isEmpty }

    /// Whether some rule lets this caller deposit something, sometimes.
    package func mayDeposit(_ identity: Identity) -> Bool { permitsToDeposit.mayConcern(identity) }

    /// Whether some rule lets this caller watch something, sometimes.
    package func mayWatch(_ identity: Identity) -> Bool { inForce.permits(of: .watch).mayConcern(identity) }

    private var permitsToDeposit: CompiledPolicy.Permits {
        let permits = depositors ?? inForce.permits(of: .deposit)
        depositors = permits
        return permits
    }

    /// What decisions rest on has changed.
    package func moveOn() { generation += 1 }

    /// How records name the policy that decides.
    package var stamp: PolicyStamp { PolicyStamp(revision: inForce.revision, sha256: inForce.sha256) }

    /// - Parameter offered: the rights that the capability has; nil: there is none.
    package func decide(
        _ action: Action, _ name: CapabilityName?, asked: Rights? = nil, offered: Rights? = nil,
        hasReason: Bool = false, _ identity: Identity, _ moment: Moment
    ) -> Decision {
        counters.ask(at: moment)
        return inForce.decide(
            request(action, name, asked: asked, offered: offered, hasReason: hasReason, identity, moment),
            counters: counters)
    }

    /// The same as if nothing had been used yet: of what has used something up itself.
    func decideUnused(
        _ action: Action, _ name: CapabilityName, asked: Rights?, offered: Rights?, hasReason: Bool,
        _ identity: Identity, _ moment: Moment
    ) -> Decision {
        inForce.decide(
            request(action, name, asked: asked, offered: offered, hasReason: hasReason, identity, moment),
            counters: UnusedCounters())
    }

    /// Whether a decision about a name, made under this policy or another, holds now: the rule that was charged is in force
    /// unchanged and permits it by itself, and nothing forbids it. What has been used up since counts for nothing.
    func stillHolds(
        _ decision: Decision, _ name: CapabilityName, rights: Rights, offered: Rights, hasReason: Bool,
        _ identity: Identity, _ moment: Moment
    ) -> Bool {
        guard let charged = decision.charged, inForce.isActive(charged) else { return false }
        let request = request(
            .open, name, asked: rights, offered: offered, hasReason: hasReason, identity, moment)
        return decision.chargedCovers(request) && inForce.decide(request, counters: UnusedCounters()).isPermitted
    }

    /// Whether somebody may see that a name exists.
    package func maySee(_ name: CapabilityName, _ identity: Identity, _ moment: Moment) -> Bool {
        decide(.list, name, identity, moment).isPermitted
    }

    /// Which names somebody may see: for several names that are looked at in one turn.
    package func visible(to identity: Identity, _ moment: Moment) -> VisibleNames {
        let request = request(.list, nil, asked: nil, offered: nil, hasReason: false, identity, moment)
        return VisibleNames(inForce, request)
    }

    package func request(
        _ action: Action, _ name: CapabilityName?, asked: Rights?, offered: Rights?, hasReason: Bool,
        _ identity: Identity, _ moment: Moment
    ) -> DecisionRequest {
        DecisionRequest(
            identity: identity, action: action, name: name, asked: asked, offered: offered ?? .all,
            hasReason: hasReason, wallUSec: moment.wallUSec, bootUSec: moment.bootUSec,
            clockIsTrusted: journal.isTrusted(moment))
    }
}

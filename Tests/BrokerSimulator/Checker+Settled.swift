// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel

/// What counts and lasts, when faults have stopped: in the core as in the ledger.
extension Checker {
    func lookAtCounters(_ world: World, _ core: BrokerCore) {
        for rule in world.administration.inForce.rules where !rule.isForbid {
            if rule.uses.inAll != nil { compare(rule, nil, world, core) }
            if rule.uses.perPrincipal != nil {
                for uid in World.uids { compare(rule, uid, world, core) }
            }
            if rule.isOutstandingLimited {
                let out = world.ledger.leases.filter { $0.rule == rule.id }
                if core.counters.outstanding(rule: rule.id, principal: nil) != UInt64(out.count) {
                    found(.counted, "\(out.count) grants of \(rule.id) are out, and it counts otherwise")
                }
            }
        }
    }

    /// With what is stored: uses under another rule of this id, which had no such limit, count for neither.
    private func compare(_ rule: RuleFacts, _ uid: UInt32?, _ world: World, _ core: BrokerCore) {
        let count = world.ledger.used(rule.id, uid)
        let counted = core.counters.used(rule: rule.id, principal: uid)
        if counted != count { found(.counted, "\(rule.id) was used \(count) times, and \(counted) are counted") }
        let stored = world.ledger.used(rule.id, uid)
        if stored != count { found(.counted, "\(rule.id) was used \(count) times, and \(stored) are stored") }
    }

    func lookAtLeases(_ world: World, _ core: BrokerCore) {
        for lease in world.ledger.leases {
            if let expires = lease.expiresBootUSec, expires <= world.bootUSec {
                found(.leases, "lease \(lease.id) has expired, and does not end")
            }
            if !world.processes.contains(where: { $0.pid == lease.pid }) {
                found(.leases, "lease \(lease.id) is of a process that has ended")
            }
            if world.administration.inForce.active(lease.rule) == nil
                || (world.administration.inForce.capability(lease.capability) == nil
                    && grants[lease.record]?.grant.deposit == nil)
            {
                found(.leases, "lease \(lease.id) is of a rule or a capability that is gone")
            }
            if grants[lease.record]?.outcome == .failed {
                found(.leases, "lease \(lease.id) is of a grant that was not sent")
            }
            if core.leases[lease.id] == nil { found(.leases, "lease \(lease.id) is stored, and followed by nobody") }
        }
        if core.leases.count != world.ledger.leases.count {
            found(.leases, "\(core.leases.count) leases are followed, \(world.ledger.leases.count) are stored")
        }
        let holders = Set(
            world.ledger.leases.map { HolderKey(pid: $0.pid, pidfdInode: $0.pidfdInode, startTicks: nil) })
        if Set(world.watched.keys) != holders { found(.leases, "who is watched is not who holds leases") }
        let timed = world.ledger.leases.count { $0.expiresBootUSec != nil }
        let running = world.timers.count { if case .lease = $0.event { true } else { false } }
        if running != timed { found(.leases, "\(running) timers run for \(timed) leases that have a time") }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Processes

/// The leases that have not ended, by id and by holder.
struct LeaseTable {
    private var leases: [String: Lease] = [:]
    private var holders: [ProcessKey: Holder] = [:]
    private var leasesOfUser: [UInt32: Int] = [:]
    private var holdersOfUser: [UInt32: Int] = [:]

    var count: Int { leases.count }
    var holderCount: Int { holders.count }

    subscript(id: String) -> Lease? { leases[id] }

    /// All, in the order of their grants.
    var sorted: [Lease] { leases.values.sorted { $0.record < $1.record } }

    func holder(_ key: ProcessKey) -> Holder? { holders[key] }

    func count(ofUser uid: UInt32) -> Int { leasesOfUser[uid, default: 0] }

    func holderCount(ofUser uid: UInt32) -> Int { holdersOfUser[uid, default: 0] }

    /// Those that `isMeant` picks, in the order of their grants.
    func those(where isMeant: (Lease) -> Bool) -> [Lease] {
        leases.values.filter(isMeant).sorted { $0.record < $1.record }
    }

    /// Takes in a lease, and its holder if that is new.
    mutating func insert(_ lease: Lease) {
        precondition(leases.updateValue(lease, forKey: lease.id) == nil, "two leases have one id")
        let holder = lease.holder
        if holders.updateValue(holder, forKey: holder.key) == nil { holdersOfUser[holder.uid, default: 0] += 1 }
        holder.leases[lease.id] = lease
        leasesOfUser[lease.uid, default: 0] += 1
    }

    /// Takes out a lease, and its holder if it was the last one.
    /// - Returns: whether the holder went too, and is to be watched no longer.
    mutating func remove(_ lease: Lease) -> Bool {
        guard leases.removeValue(forKey: lease.id) != nil else { return false }
        Self.countDown(&leasesOfUser, lease.uid)
        let holder = lease.holder
        holder.leases[lease.id] = nil
        guard holder.leases.isEmpty else { return false }
        holders[holder.key] = nil
        Self.countDown(&holdersOfUser, holder.uid)
        return true
    }

    private static func countDown(_ counts: inout [UInt32: Int], _ uid: UInt32) {
        counts[uid, default: 1] -= 1
        if counts[uid] == 0 { counts[uid] = nil }
    }
}

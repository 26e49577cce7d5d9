// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// The records of renewals. What was opened anew is in force before its record, since nobody gains a right by it: the log is owed
/// one until it is known to have it.
package final class RenewalLog {
    private struct Renewal {
        let capability: Capability
        let former: Record.Opened?
        let opened: Record.Opened?
        let why: Record.Renewal.Cause
        let author: RenewalAuthor?
        /// The index of a record that was voided, and may be there nevertheless.
        var tried: UInt64?
    }

    private let journal: Journal
    private let leases: Leases
    private var owed: [Renewal] = []

    init(_ journal: Journal, _ leases: Leases) {
        self.journal = journal
        self.leases = leases
    }

    /// Has it recorded that a capability was opened anew, and which of the grants that are followed have what was before: now, or
    /// when the log is opened again.
    /// - Parameter told: hears the index of a record that is made now, and what becomes of it.
    /// - Returns: that index; nil where it is made later.
    @discardableResult
    package func record(
        _ capability: Capability, from former: Record.Opened?, to opened: Record.Opened?, _ why: Record.Renewal.Cause,
        by author: RenewalAuthor? = nil, _ told: ((UInt64, Journal.Outcome) -> Void)? = nil
    ) -> UInt64? {
        record(Renewal(capability: capability, former: former, opened: opened, why: why, author: author), told)
    }

    @discardableResult
    private func record(_ renewal: Renewal, _ told: ((UInt64, Journal.Outcome) -> Void)? = nil) -> UInt64? {
        guard journal.isWorking else {
            owed.append(renewal)
            return nil
        }
        let index = journal.nextIndex
        let waiter = Journal.Waiter.then { [self] outcome in
            if outcome == .voided {
                var renewal = renewal
                renewal.tried = index
                owed.append(renewal)
            }
            told?(index, outcome)
        }
        let capability = renewal.capability
        let others = leases.those { $0.name == capability.name && $0.isOutdated(by: renewal.opened) }
        return journal.append(
            .capabilityRenew(
                .init(
                    request: renewal.author?.request, policy: renewal.author?.policy, peer: renewal.author?.peer,
                    capability: CapabilityText(name: capability.name.text, kind: capability.kind.rawValue),
                    reason: renewal.author?.reason, opened: renewal.opened, former: renewal.former,
                    grants: others.map(\.record), why: renewal.why)),
            waiter: waiter)
    }

    /// The log has been opened again, and has so many records.
    func takeUp(size: UInt64) {
        let all = owed
        owed = []
        for renewal in all where renewal.tried.map({ $0 >= size }) ?? true { record(renewal) }
    }
}

// SPDX-License-Identifier: Apache-2.0

/// What has to hold besides who is calling and what is asked. Only the times can be in a forbid.
package struct Conditions: Sendable, Equatable {
    /// Microseconds of `CLOCK_REALTIME`; how they are compared is told by the rule's anchor.
    package var notBeforeUSec: Int64?
    package var notAfterUSec: Int64?
    /// One of them has to hold; an empty list is no condition.
    package var hours: [Hours]
    /// How long a grant lasts, and how far it can be renewed in all. Microseconds.
    package var leaseUSec: Int64?
    package var maxLeaseUSec: Int64?
    /// Grants in all, ever.
    package var uses: Limit<UInt64>?
    /// Grants that have not ended.
    package var outstanding: Limit<UInt64>?
    /// Every window has to have room.
    package var rate: Limit<[RateWindow]>?
    package var needsReason: Bool

    package init(
        notBeforeUSec: Int64? = nil, notAfterUSec: Int64? = nil, hours: [Hours] = [], leaseUSec: Int64? = nil,
        maxLeaseUSec: Int64? = nil, uses: Limit<UInt64>? = nil, outstanding: Limit<UInt64>? = nil,
        rate: Limit<[RateWindow]>? = nil, needsReason: Bool = false
    ) {
        self.notBeforeUSec = notBeforeUSec
        self.notAfterUSec = notAfterUSec
        self.hours = hours
        self.leaseUSec = leaseUSec
        self.maxLeaseUSec = maxLeaseUSec
        self.uses = uses
        self.outstanding = outstanding
        self.rate = rate
        self.needsReason = needsReason
    }

    /// Whether anything is counted.
    package var counts: Bool { uses != nil || outstanding != nil || rate != nil }

    /// Whether a grant has an end of its own, and so is followed until it comes.
    package var isFollowed: Bool { leaseUSec != nil || outstanding != nil }

    /// Whether it depends on the time.
    package var hasTimes: Bool { notBeforeUSec != nil || notAfterUSec != nil || !hours.isEmpty }
}

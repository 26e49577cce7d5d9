// SPDX-License-Identifier: Apache-2.0

import JSONText

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
    /// Deposits that are held.
    package var deposits: Limit<UInt64>?
    /// What may be deposited beyond what is harmless.
    package var depositsToo: RiskyDeposits

    package init(
        notBeforeUSec: Int64? = nil, notAfterUSec: Int64? = nil, hours: [Hours] = [], leaseUSec: Int64? = nil,
        maxLeaseUSec: Int64? = nil, uses: Limit<UInt64>? = nil, outstanding: Limit<UInt64>? = nil,
        rate: Limit<[RateWindow]>? = nil, needsReason: Bool = false,
        deposits: Limit<UInt64>? = nil, depositsToo: RiskyDeposits = []
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
        self.deposits = deposits
        self.depositsToo = depositsToo
    }

    /// Whether anything is counted.
    package var counts: Bool { uses != nil || outstanding != nil || rate != nil }

    /// Whether a grant has an end of its own, and so is followed until it comes.
    package var isFollowed: Bool { leaseUSec != nil || outstanding != nil }

    /// Whether it depends on the time.
    package var hasTimes: Bool { notBeforeUSec != nil || notAfterUSec != nil || !hours.isEmpty }
}

/// What a rule has to name for it to be deposited, since holding it or handing it on is a danger to more than its depositor.
package struct RiskyDeposits: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A file of a file system that others serve: FUSE, autofs, one of the network. To close it can hang.
    package static let anyFileSystem = RiskyDeposits(rawValue: 1)
    /// A directory leads to all that lies below it and, by `..`, above.
    package static let directories = RiskyDeposits(rawValue: 2)
    /// A device does what its driver does.
    package static let devices = RiskyDeposits(rawValue: 4)

    /// The keys of a policy file, in order.
    package static let keys: [(key: String, value: RiskyDeposits)] = [
        ("any-filesystem", .anyFileSystem), ("directories", .directories), ("devices", .devices),
    ]

    /// The keys of what is in it.
    package var words: [String] { Self.keys.filter { contains($0.value) }.map(\.key) }
}

/// A limit that counts in all, for each principal (uid), or both.
package struct Limit<Value: Sendable & Equatable>: Sendable, Equatable {
    package var inAll: Value?
    package var perPrincipal: Value?

    package init(inAll: Value? = nil, perPrincipal: Value? = nil) {
        self.inAll = inAll
        self.perPrincipal = perPrincipal
    }
}

/// So many grants in any stretch of time of a length.
package struct RateWindow: Hashable, Sendable, CustomStringConvertible {
    package var count: UInt64
    package var windowUSec: Int64

    package init(count: UInt64, windowUSec: Int64) {
        self.count = count
        self.windowUSec = windowUSec
    }

    /// Reads `1/s`, `1000/day`, `10/15m`.
    package init(parsing text: String) throws(InvalidText) {
        let remedy = "write a count and a time, such as 1/s, 30/min, 1000/day or 10/15m"
        let parts = text.split(at: "/", omittingEmpty: false)
        guard parts.count == 2, let count = UInt64(parts[0]), count > 0, count <= UInt64(Int64.max),
            parts[0].utf8.allSatisfy(isDigit)
        else {
            throw InvalidText("'\(text)' is not a rate", remedy: remedy)
        }
        let windowUSec: Int64 =
            switch parts[1] {
            case "s", "sec", "second": DurationText.second
            case "m", "min", "minute": DurationText.minute
            case "h", "hour": DurationText.hour
            case "d", "day": DurationText.day
            default:
                if let usec = try? DurationText.parse(String(parts[1])) { usec } else { 0 }
            }
        guard windowUSec > 0 else { throw InvalidText("'\(text)' is not a rate", remedy: remedy) }
        self.init(count: count, windowUSec: windowUSec)
    }

    package var description: String {
        switch windowUSec {
        case DurationText.second: "\(count)/s"
        case DurationText.minute: "\(count)/min"
        case DurationText.hour: "\(count)/h"
        case DurationText.day: "\(count)/day"
        default: "\(count)/\(DurationText.text(windowUSec))"
        }
    }
}

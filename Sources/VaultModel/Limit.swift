// SPDX-License-Identifier: Apache-2.0

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
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
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

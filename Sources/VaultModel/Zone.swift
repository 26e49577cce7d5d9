// SPDX-License-Identifier: Apache-2.0

/// A time zone: its name, and what the tz database said about it when the rule was read.
///
/// A decision needs no database: whoever reads the rule turns the zone into offsets. That is done again at each start
/// and reload, as for the names of users.
package struct Zone: Sendable, Equatable {
    /// `UTC`, a name of the tz database such as `Europe/Berlin`, or an offset such as `+02:00`.
    package var name: String

    /// nil: the database does not have it (any more); then nothing is known about local times.
    package var offsets: ZoneOffsets?

    package init(name: String, offsets: ZoneOffsets?) {
        self.name = name
        self.offsets = offsets
    }

    /// Tells one table of offsets from another, in 16 hexadecimal digits (FNV-1a); `unknown` where there is none.
    package var fingerprint: String {
        guard let offsets else { return "unknown" }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ value: Int64) {
            for byte in 0..<8 {
                hash = (hash ^ UInt64(truncatingIfNeeded: (value >> (8 * byte)) & 0xff)) &* 0x0000_0100_0000_01b3
            }
        }
        add(Int64(offsets.first))
        for transition in offsets.transitions {
            add(transition.at)
            add(Int64(transition.offset))
        }
        return pad(hash, 16, radix: 16)
    }

    package static let utc = Zone(name: "UTC", offsets: ZoneOffsets(first: 0))
}

/// How far local time is ahead of UTC, and since when.
package struct ZoneOffsets: Sendable, Equatable {
    package struct Transition: Sendable, Equatable {
        /// Seconds since 1970 in UTC; the offset holds from this second on.
        package var at: Int64
        /// Seconds east of UTC.
        package var offset: Int32

        package init(at: Int64, offset: Int32) {
            self.at = at
            self.offset = offset
        }
    }

    /// Seconds east of UTC before the first transition.
    package let first: Int32

    /// In the order of time.
    package let transitions: [Transition]

    package init(first: Int32, transitions: [Transition] = []) {
        self.first = first
        self.transitions = transitions
    }

    /// Seconds east of UTC at a second since 1970.
    package func offset(at second: Int64) -> Int32 {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= second { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : transitions[low - 1].offset
    }
}

// SPDX-License-Identifier: Apache-2.0

/// When something goes by itself, as s6 writes it: TAI64N, a label of 2^62 and the seconds of TAI since 1970, and nanoseconds.
package struct FDHolderTime: Equatable, Sendable {
    package var seconds: UInt64
    package var nanoseconds: UInt32

    package init(seconds: UInt64, nanoseconds: UInt32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// As a message has it.
    static let byteCount = 12
    /// Of the second 0 of 1970.
    private static let label: UInt64 = 1 << 62
    /// TAI has been so far ahead of UTC since 2017, and a second is not to be added before 2035. s6 has a table with the same
    /// number at its end.
    private static let aheadOfUTC: UInt64 = 37
    /// s6 takes what is further off than this for never, and writes never as twice that.
    private static let half: UInt64 = 1 << 60
    /// Further off than all clocks count, in seconds.
    private static let mostSeconds: UInt64 = 1 << 40

    package static let never = FDHolderTime(seconds: label + 2 * half, nanoseconds: 0)

    /// - Parameter wallUSec: `CLOCK_REALTIME`, in microseconds.
    package init(wallUSec: Int64) {
        let usec = UInt64(max(0, wallUSec))
        seconds = Self.label + Self.aheadOfUTC + usec / 1_000_000
        nanoseconds = UInt32(usec % 1_000_000) * 1000
    }

    /// How long it is until then, in microseconds; nil: it never comes; at least 1, also where it is over.
    package func lasts(afterWallUSec now: Int64) -> Int64? {
        let current = FDHolderTime(wallUSec: now)
        guard seconds >= current.seconds else { return 1 }
        let rest = seconds - current.seconds
        guard rest < Self.mostSeconds else { return nil }
        let part = (Int64(min(nanoseconds, 999_999_999)) - Int64(current.nanoseconds)) / 1000
        return max(1, Int64(rest) * 1_000_000 + part)
    }

    var bytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: seconds >> (56 - 8 * $0)) }
            + (0..<4).map { UInt8(truncatingIfNeeded: nanoseconds >> (24 - 8 * $0)) }
    }
}

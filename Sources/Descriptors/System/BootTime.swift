// SPDX-License-Identifier: Apache-2.0

/// A point in time on `CLOCK_BOOTTIME`, which goes on while the machine sleeps; of this boot only.
public struct BootTime: Comparable, Hashable, Sendable {
    /// Microseconds since boot.
    public let microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    public static var now: BootTime { BootTime(microseconds: SystemClock.bootTimeUSec()) }

    public static func < (left: BootTime, right: BootTime) -> Bool { left.microseconds < right.microseconds }

    /// Saturates at both ends; what is shorter than a microsecond is rounded up, so that no timer fires early.
    public func advanced(by duration: Duration) -> BootTime {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        if overflow { return BootTime(microseconds: seconds < 0 ? .min : .max) }
        let part = attoseconds / 1_000_000_000_000 + (attoseconds % 1_000_000_000_000 > 0 ? 1 : 0)
        let (sum, sumOverflow) = whole.addingReportingOverflow(part)
        if sumOverflow { return BootTime(microseconds: whole < 0 ? .min : .max) }
        let (result, resultOverflow) = microseconds.addingReportingOverflow(sum)
        return BootTime(microseconds: resultOverflow ? (sum < 0 ? .min : .max) : result)
    }

    public func duration(to other: BootTime) -> Duration {
        .microseconds(other.microseconds) - .microseconds(microseconds)
    }
}

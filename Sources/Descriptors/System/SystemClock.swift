// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// The clocks that records and timers use, in microseconds.
public enum SystemClock {
    /// `CLOCK_BOOTTIME`: never set back, and goes on while the machine sleeps. Starts anew with each boot.
    public static func bootTimeUSec() -> Int64 { microseconds(CLOCK_BOOTTIME) }

    /// `CLOCK_REALTIME`: since 1970; can be set back by an administrator.
    public static func wallTimeUSec() -> Int64 { microseconds(CLOCK_REALTIME) }

    /// The kernel's name for this boot: 36 characters, a UUID.
    public static func bootID() throws(Errno) -> String {
        let file = try OwnedDescriptor.open("/proc/sys/kernel/random/boot_id")
        let bytes = try file.readAll(limit: 64)
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private static func microseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        // Both clocks exist on every Linux that has epoll, and the pointer is good.
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

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

/// A point in time on `CLOCK_REALTIME`, which an administrator can set back.
public struct WallTime: Comparable, Hashable, Sendable {
    /// Microseconds since 1970.
    public let microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    public static var now: WallTime { WallTime(microseconds: SystemClock.wallTimeUSec()) }

    public static func < (left: WallTime, right: WallTime) -> Bool { left.microseconds < right.microseconds }

    /// Negative where `other` is earlier.
    public func duration(to other: WallTime) -> Duration {
        .microseconds(other.microseconds) - .microseconds(microseconds)
    }
}

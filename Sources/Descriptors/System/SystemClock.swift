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

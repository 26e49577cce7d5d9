// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import VaultModel

/// Points in time as this machine's users see them, `2026-11-21T07:15:00.123+01:00`: RFC 3339 in the local time zone,
/// which ``TimeArgument`` reads back.
enum LocalTime {
    /// - Parameter usec: microseconds of `CLOCK_REALTIME`; shown to the millisecond.
    static func text(_ usec: Int64) -> String {
        var seconds = time_t(CivilDate.floorDivide(usec, 1_000_000))
        let milliseconds = CivilDate.floorRemainder(usec, 1_000_000) / 1000
        var fields = tm()
        guard localtime_r(&seconds, &fields) != nil else { return "\(usec) µs" }
        let date = "\(pad(Int(fields.tm_year) + 1900, 4))-\(pad(Int(fields.tm_mon) + 1))-\(pad(Int(fields.tm_mday)))"
        let time = "\(pad(Int(fields.tm_hour))):\(pad(Int(fields.tm_min))):\(pad(Int(fields.tm_sec)))"
        return "\(date)T\(time).\(pad(Int(milliseconds), 3))\(offset(Int(fields.tm_gmtoff)))"
    }

    /// Now, in microseconds of `CLOCK_REALTIME`.
    static var now: Int64 { SystemClock.wallTimeUSec() }

    /// When the machine was started, in microseconds of `CLOCK_REALTIME`; it moves when somebody sets the clock.
    static var boot: Int64 { SystemClock.wallTimeUSec() - SystemClock.bootTimeUSec() }

    private static func offset(_ seconds: Int) -> String {
        let minutes = abs(seconds) / 60
        return "\(seconds < 0 ? "-" : "+")\(pad(minutes / 60)):\(pad(minutes % 60))"
    }

    private static func pad(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

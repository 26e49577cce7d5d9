// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
import Glibc
package import VaultModel

/// Points in time as this machine's users see them, `2026-11-21T07:15:00.123+01:00`: RFC 3339 in the local time zone, to
/// the millisecond. Microseconds of `CLOCK_REALTIME` throughout.
package enum LocalTime {
    package static func text(_ usec: Int64) -> String {
        var seconds = time_t(CivilDate.floorDivide(usec, 1_000_000))
        var fields = tm()
        guard localtime_r(&seconds, &fields) != nil else { return "\(usec) µs" }
        return TimeText.text(usec, secondsEast: Int(fields.tm_gmtoff))
    }

    /// Reads what ``text(_:)`` writes, and what leaves out the offset, the seconds, or the time of the day: local time then.
    package static func parse(_ text: String) throws(InvalidText) -> Int64 {
        try TimeText.parse(
            text,
            localOffset: { local in
                var (written, fields) = (time_t(local), tm())
                gmtime_r(&written, &fields)
                fields.tm_isdst = -1
                return Int(local) - Int(mktime(&fields))
            })
    }

    /// Local midnight, so many days before the day of a time.
    package static func midnight(of usec: Int64, daysBefore days: Int32) -> Int64 {
        var seconds = time_t(CivilDate.floorDivide(usec, 1_000_000))
        var fields = tm()
        localtime_r(&seconds, &fields)
        fields.tm_mday -= days
        (fields.tm_hour, fields.tm_min, fields.tm_sec, fields.tm_isdst) = (0, 0, 0, -1)
        return Int64(mktime(&fields)) * 1_000_000
    }

    package static var now: Int64 { SystemClock.wallTimeUSec() }

    /// When the machine was started; it moves when somebody sets the clock.
    package static var boot: Int64 { SystemClock.wallTimeUSec() - SystemClock.bootTimeUSec() }
}

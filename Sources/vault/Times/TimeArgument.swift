// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import VaultModel

/// A point in time as people write it: `now`, `today`, `yesterday`, `boot`, `2h ago`, `2026-11-21`,
/// `2026-11-21T07:15`, and RFC 3339 in full. Without an offset it is local time.
struct TimeArgument: Equatable {
    /// Microseconds of `CLOCK_REALTIME`.
    let microseconds: Int64

    init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    init(_ argument: String) throws {
        try self.init(argument, now: LocalTime.now, boot: LocalTime.boot)
    }

    init(_ argument: String, now: Int64, boot: Int64) throws {
        switch argument {
        case "now": microseconds = now
        case "today": microseconds = try Self.midnight(of: now, daysBefore: 0)
        case "yesterday": microseconds = try Self.midnight(of: now, daysBefore: 1)
        case "boot": microseconds = boot
        case _ where argument.hasSuffix(" ago"):
            microseconds = now - (try DurationArgument(String(argument.dropLast(4)))).microseconds
        default:
            guard let time = Self.parse(argument) else {
                throw ValidationError(
                    "'\(argument)' is not a time; write it like 2026-11-21T07:15:00+01:00, 2026-11-21, today, boot "
                        + "or '2h ago'")
            }
            microseconds = time
        }
    }

    private static func midnight(of now: Int64, daysBefore days: Int32) throws -> Int64 {
        var seconds = time_t(now / 1_000_000)
        var fields = tm()
        guard localtime_r(&seconds, &fields) != nil else { throw ValidationError("the clock is out of range") }
        fields.tm_mday -= days
        (fields.tm_hour, fields.tm_min, fields.tm_sec, fields.tm_isdst) = (0, 0, 0, -1)
        return Int64(mktime(&fields)) * 1_000_000
    }

    /// The years 0000 to 9999 of UTC: what lies beyond has no four digits, and could not be written again.
    private static let calendar: Range<Int64> = {
        let ends = [0, 10_000].map { Int64(CivilDate.days(year: $0, month: 1, day: 1)) * 86_400_000_000 }
        return ends[0]..<ends[1]
    }()

    private static func parse(_ text: String) -> Int64? {
        var reader = FieldReader(rest: text.utf8[...])
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var fields = tm()
        fields.tm_year = Int32(year - 1900)
        fields.tm_mon = Int32(month - 1)
        fields.tm_mday = Int32(day)
        fields.tm_isdst = -1
        var usec: Int64 = 0
        var offset: Int?
        if !reader.rest.isEmpty {
            guard reader.skip("Tt "), let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2),
                hour <= 23, minute <= 59
            else { return nil }
            (fields.tm_hour, fields.tm_min) = (Int32(hour), Int32(minute))
            if reader.skip(":") {
                guard let second = reader.number(2), second <= 60, let fraction = reader.fraction() else { return nil }
                // A leap second is the second after it, as in policies: added below, since it can begin another day.
                fields.tm_sec = Int32(min(second, 59))
                usec = fraction + (second == 60 ? 1_000_000 : 0)
            }
            if !reader.rest.isEmpty {
                guard let east = reader.offset(), reader.rest.isEmpty else { return nil }
                offset = east
            }
        }
        // Both functions carry what is too large over to the next field: the 31st of June becomes the 1st of July.
        let seconds = offset == nil ? mktime(&fields) : timegm(&fields)
        guard fields.tm_mday == Int32(day), fields.tm_mon == Int32(month - 1) else { return nil }
        let time = (Int64(seconds) - Int64(offset ?? 0)) * 1_000_000 + usec
        return calendar.contains(time) ? time : nil
    }
}

/// The fields of a time, from the front.
private struct FieldReader {
    var rest: Substring.UTF8View

    /// A number of exactly so many digits.
    mutating func number(_ width: Int) -> Int? {
        let digits = rest.prefix(width)
        guard digits.count == width, digits.allSatisfy(\.isDigit) else { return nil }
        rest = rest.dropFirst(width)
        return Int(String(decoding: digits, as: UTF8.self))
    }

    mutating func skip(_ allowed: String) -> Bool {
        guard let byte = rest.first, allowed.utf8.contains(byte) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Microseconds; 0 if there is none, `nil` if there is only the point. What is finer is cut.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        let digits = rest.prefix(while: \.isDigit)
        rest = rest.dropFirst(digits.count)
        guard !digits.isEmpty else { return nil }
        let text = String(decoding: digits.prefix(6), as: UTF8.self)
        return Int64(text + String(repeating: "0", count: 6 - text.utf8.count))
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
        if skip("Zz") { return 0 }
        let sign = rest.first == UInt8(ascii: "-") ? -1 : 1
        guard skip("+-"), let hours = number(2), skip(":"), let minutes = number(2), hours <= 23, minutes <= 59 else {
            return nil
        }
        return sign * (hours * 3600 + minutes * 60)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Points in time as RFC 3339 has them: `2026-12-31T18:00:00Z`, `2026-12-31T18:00:00.5+01:00`. Values are
/// microseconds of `CLOCK_REALTIME`.
package enum TimeText {
    private static let remedy = "write a time with its offset, such as 2026-12-31T18:00:00Z or …T18:00:00+01:00"

    /// The years 0000 to 9999 of UTC.
    private static let secondsOfCalendar: Range<Int64> = {
        let ends = [0, 10_000].map { Int64(CivilDate.days(year: $0, month: 1, day: 1)) * 86_400 }
        return ends[0]..<ends[1]
    }()

    /// Throws when the text is no such time. A leap second is the second after it.
    package static func parse(_ text: String) throws(InvalidText) -> Int64 { try parse(text, localOffset: nil) }

    /// - Parameter localOffset: allows a time to leave out its offset, its seconds, or the time of the day, and says how many
    ///   seconds east of UTC a local time (so many seconds after 1970-01-01T00:00:00 on the same clock) is.
    package static func parse(
        _ text: String, localOffset: ((_ seconds: Int64) -> Int)?
    ) throws(InvalidText) -> Int64 {
        let invalid = InvalidText("'\(text)' is not a time", remedy: remedy)
        var reader = DigitReader(rest: text.utf8[...])
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2)
        else { throw invalid }
        let isWhole = localOffset == nil
        var (hour, minute, second, fraction) = (0, 0, 0, 0)
        var offset: Int?
        if isWhole || !reader.rest.isEmpty {
            guard reader.skip("Tt "), let hours = reader.number(2), reader.skip(":"), let minutes = reader.number(2)
            else { throw invalid }
            (hour, minute) = (hours, minutes)
            if reader.skip(":") {
                guard let seconds = reader.number(2), let part = reader.fraction() else { throw invalid }
                (second, fraction) = (seconds, part)
            } else if isWhole {
                throw invalid
            }
            if isWhole || !reader.rest.isEmpty {
                guard let east = reader.offset(), reader.rest.isEmpty else { throw invalid }
                offset = east
            }
        }
        guard (1...12).contains(month), day >= 1, day <= CivilDate.daysIn(month: month, year: year), hour <= 23,
            minute <= 59, second <= 60
        else { throw InvalidText("'\(text)' is not in the calendar", remedy: remedy) }
        let days = CivilDate.days(year: year, month: month, day: day)
        let clock = Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + min(second, 59))
        let seconds = clock + (second == 60 ? 1 : 0) - Int64(offset ?? localOffset?(clock) ?? 0)
        // An offset or a leap second can lead to a year that has no four digits, which could not be written again.
        guard secondsOfCalendar.contains(seconds) else {
            throw InvalidText("'\(text)' is not in the calendar", remedy: remedy)
        }
        return seconds * 1_000_000 + Int64(fraction)
    }

    /// In UTC, with as many digits of the fraction as are needed (none, three or six).
    package static func text(_ usec: Int64) -> String {
        let fraction = CivilDate.floorRemainder(usec, 1_000_000)
        let digits =
            fraction == 0 ? "" : fraction % 1000 == 0 ? ".\(pad(Int(fraction / 1000), 3))" : ".\(pad(Int(fraction), 6))"
        return clock(CivilDate.floorDivide(usec, 1_000_000)) + digits + "Z"
    }

    /// With an offset, to the millisecond.
    package static func text(_ usec: Int64, secondsEast: Int) -> String {
        let milliseconds = Int(CivilDate.floorRemainder(usec, 1_000_000) / 1000)
        let minutes = abs(secondsEast) / 60
        return clock(CivilDate.floorDivide(usec, 1_000_000) + Int64(secondsEast)) + ".\(pad(milliseconds, 3))"
            + "\(secondsEast < 0 ? "-" : "+")\(pad(minutes / 60, 2)):\(pad(minutes % 60, 2))"
    }

    /// Date and time of the day, so many seconds after 1970-01-01T00:00:00.
    private static func clock(_ seconds: Int64) -> String {
        let days = CivilDate.floorDivide(seconds, 86_400)
        let second = Int(seconds - days * 86_400)
        let date = CivilDate(days: Int(days))
        return "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))T"
            + "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
    }
}

/// The fields of a time, from the front.
private struct DigitReader {
    var rest: Substring.UTF8View

    mutating func number(_ width: Int) -> Int? {
        let digits = rest.prefix(width)
        guard digits.count == width, digits.allSatisfy(isDigit) else { return nil }
        rest = rest.dropFirst(width)
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    mutating func skip(_ allowed: String) -> Bool {
        guard let byte = rest.first, allowed.utf8.contains(byte) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Microseconds; what is finer is cut.
    mutating func fraction() -> Int? {
        guard skip(".") else { return 0 }
        let digits = rest.prefix(while: isDigit)
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        var usec = 0
        var scale = 100_000
        for digit in digits.prefix(6) {
            usec += Int(digit - UInt8(ascii: "0")) * scale
            scale /= 10
        }
        return usec
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

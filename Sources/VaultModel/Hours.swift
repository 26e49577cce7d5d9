// SPDX-License-Identifier: Apache-2.0

import JSONText

/// A time of day in a zone, on some days of the week: `mon-fri 09:00-17:00 Europe/Berlin`.
///
/// The start belongs to it, the end does not. An end before the start is on the following day, and the days are those
/// on which it starts.
package struct Hours: Sendable, Equatable, CustomStringConvertible {
    package var days: Weekdays
    /// Minutes since midnight, 0 to 1439.
    package var start: Int
    /// Minutes since midnight, 1 to 1440.
    package var end: Int
    package var zone: Zone

    package init(days: Weekdays = .all, start: Int, end: Int, zone: Zone) {
        self.days = days
        self.start = start
        self.end = end
        self.zone = zone
    }

    /// Reads `[DAYS] HH:MM-HH:MM ZONE`. `zone` finds the offsets of a name, or throws what is wrong with it.
    package init(parsing text: String, zone: (String) throws(InvalidText) -> Zone) throws(InvalidText) {
        let remedy = "write a time of day with a zone, such as mon-fri 09:00-17:00 Europe/Berlin"
        var words = text.split(at: " ")
        if words.count == 1 || (words.count == 2 && !words[0].utf8.contains(UInt8(ascii: ":"))) {
            throw InvalidText("'\(text)' names no time zone", remedy: remedy)
        }
        var days = Weekdays.all
        if words.count == 3 { days = try Weekdays.parse(String(words.removeFirst())) }
        guard words.count == 2 else { throw InvalidText("'\(text)' is not a time of day", remedy: remedy) }
        let ends = words[0].split(at: "-", omittingEmpty: false).map(Self.minutes)
        guard ends.count == 2, let start = ends[0], let end = ends[1], start < 1440, end > 0 || start > 0 else {
            throw InvalidText("'\(words[0])' is not a time of day", remedy: remedy)
        }
        guard start != end else {
            throw InvalidText("the hours end when they start", remedy: "write 00:00-24:00 for the whole day")
        }
        self.init(days: days, start: start, end: end == 0 ? 1440 : end, zone: try zone(String(words[1])))
    }

    /// Whether a time (microseconds of `CLOCK_REALTIME`) lies within; nil when the zone is not known.
    package func contains(_ wallUSec: Int64) -> Bool? {
        guard let offsets = zone.offsets else { return nil }
        let second = CivilDate.floorDivide(wallUSec, 1_000_000)
        let local = second + Int64(offsets.offset(at: second))
        let day = CivilDate.floorDivide(local, 86_400)
        let minute = Int(local - day * 86_400) / 60
        let today = days.contains(day: Weekdays.number(ofDay: day))
        if start < end { return today && minute >= start && minute < end }
        let yesterday = days.contains(day: Weekdays.number(ofDay: day - 1))
        return (today && minute >= start) || (yesterday && minute < end)
    }

    /// The text that is read back to the same hours.
    package var description: String {
        let time = "\(Self.text(start))-\(Self.text(end)) \(zone.name)"
        return days == .all ? time : "\(days) \(time)"
    }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(at: ":", omittingEmpty: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy(isDigit) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute <= 59, hour * 60 + minute <= 1440
        else { return nil }
        return hour * 60 + minute
    }

    private static func text(_ minutes: Int) -> String {
        "\(minutes / 60 < 10 ? "0" : "")\(minutes / 60):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60)"
    }
}

/// Days of the week.
package struct Weekdays: OptionSet, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let all = Weekdays(rawValue: 0b111_1111)

    private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// `number`: 0 is Monday.
    package func contains(day number: Int) -> Bool { rawValue & (1 << UInt8(number)) != 0 }

    /// The number (0 is Monday) of the day so many days after 1970-01-01, which was a Thursday.
    package static func number(ofDay day: Int64) -> Int { Int(((day + 3) % 7 + 7) % 7) }

    /// Reads `mon`, `mon-fri`, `sat,sun`, `fri-mon`.
    package static func parse(_ text: String) throws(InvalidText) -> Weekdays {
        var days: Weekdays = []
        for part in text.split(at: ",", omittingEmpty: false) {
            let ends = part.split(at: "-", omittingEmpty: false).map { name in
                names.firstIndex(of: name.lowercased())
            }
            guard let first = ends[0], let last = ends[ends.count - 1], ends.count <= 2 else {
                throw InvalidText("'\(part)' is not a day of the week", remedy: "write mon tue wed thu fri sat sun")
            }
            var day = first
            while true {
                days.formUnion(Weekdays(rawValue: 1 << UInt8(day)))
                if day == last { break }
                day = (day + 1) % 7
            }
        }
        return days
    }

    /// The text that `parse` reads back: runs of three or more days as a range.
    package var description: String {
        var parts: [String] = []
        var day = 0
        while day < 7 {
            var end = day
            while end < 7, contains(day: end) { end += 1 }
            if end - day >= 3 {
                parts.append("\(Self.names[day])-\(Self.names[end - 1])")
            } else {
                parts += Self.names[day..<end]
            }
            day = end + 1
        }
        return parts.joined(separator: ",")
    }
}

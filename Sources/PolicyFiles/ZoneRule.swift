// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// The rule for times after the last transition of a zone file: the `TZ` string of POSIX, such as
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule {
    private enum Day {
        /// Month, week (5: the last), day of the week (0: Sunday).
        case week(Int, Int, Int)
        /// From 1; 29 February is never counted.
        case withoutLeapDay(Int)
        /// From 0, counting 29 February.
        case ofYear(Int)
    }

    private struct Change {
        var day: Day
        /// Seconds after midnight.
        var time: Int
    }

    /// Seconds east of UTC.
    private let standard: Int32
    /// Summer time, when it starts (in standard time) and when it ends (in summer time).
    private let summer: (offset: Int32, start: Change, end: Change)?

    /// Summer time was first kept in 1908.
    private static let earliestYear = 1900

    /// nil when the text is no such rule.
    init?(_ text: String) {
        var reader = Reader(rest: text.utf8[...])
        guard reader.skipName(), let west = reader.time() else { return nil }
        standard = Int32(-west)
        guard !reader.rest.isEmpty else {
            summer = nil
            return
        }
        guard reader.skipName() else { return nil }
        var offset = Int32(3600 - west)
        if let next = reader.rest.first, next != UInt8(ascii: ",") {
            guard let west = reader.time() else { return nil }
            offset = Int32(-west)
        }
        guard reader.skip(","), let start = reader.change(), reader.skip(","), let end = reader.change(),
            reader.rest.isEmpty
        else { return nil }
        summer = (offset, start, end)
    }

    /// Adds the transitions of the years after those of the table.
    func extend(_ table: ZoneOffsets, throughYear lastYear: Int) -> ZoneOffsets {
        guard let summer else { return table }
        // A file may hold any time: "Big Bang" transitions lie before the universe. What is ruled from here on are the
        // years that have a rule at all, and none after the last.
        let last = table.transitions.last?.at ?? 0
        let firstYear = max(Self.earliestYear, CivilDate(days: Int(CivilDate.floorDivide(last, 86_400))).year)
        guard firstYear <= lastYear else { return table }
        var added: [ZoneOffsets.Transition] = []
        for year in firstYear...lastYear {
            let start = second(of: summer.start, in: year) - Int64(standard)
            let end = second(of: summer.end, in: year) - Int64(summer.offset)
            added.append(ZoneOffsets.Transition(at: start, offset: summer.offset))
            added.append(ZoneOffsets.Transition(at: end, offset: standard))
        }
        added = added.filter { $0.at > last }.sorted { $0.at < $1.at }
        return ZoneOffsets(first: table.first, transitions: table.transitions + added)
    }

    /// Seconds since 1970 as if local time were UTC.
    private func second(of change: Change, in year: Int) -> Int64 {
        let newYear = CivilDate.days(year: year, month: 1, day: 1)
        let day =
            switch change.day {
            case .ofYear(let number): newYear + number
            case .withoutLeapDay(let number):
                newYear + number - 1 + (CivilDate.isLeap(year) && number >= 60 ? 1 : 0)
            case .week(let month, let week, let weekday): self.day(month: month, week: week, weekday: weekday, in: year)
            }
        return Int64(day) * 86_400 + Int64(change.time)
    }

    private func day(month: Int, week: Int, weekday: Int, in year: Int) -> Int {
        let first = CivilDate.days(year: year, month: month, day: 1)
        // `Weekdays` counts from Monday, POSIX from Sunday.
        let firstWeekday = (Weekdays.number(ofDay: Int64(first)) + 1) % 7
        var day = 1 + (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
        while day > CivilDate.daysIn(month: month, year: year) { day -= 7 }
        return first + day - 1
    }

    private struct Reader {
        var rest: Substring.UTF8View

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }

        /// `CET`, or in angle brackets `<+03>`.
        mutating func skipName() -> Bool {
            if skip("<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[rest.index(after: end)...]
                return true
            }
            let name = rest.prefix { (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) }
            rest = rest.dropFirst(name.count)
            return name.count >= 3
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard digits.count <= 3, let number = Int(String(decoding: digits, as: UTF8.self)), range.contains(number)
            else { return nil }
            rest = rest.dropFirst(digits.count)
            return number
        }

        /// `[+-]hh[:mm[:ss]]`, in seconds.
        mutating func time() -> Int? {
            let sign = skip("-") ? -1 : 1
            if sign == 1 { _ = skip("+") }
            guard let hours = number(0...167) else { return nil }
            var seconds = hours * 3600
            if skip(":") {
                guard let minutes = number(0...59) else { return nil }
                seconds += minutes * 60
                if skip(":") {
                    guard let rest = number(0...59) else { return nil }
                    seconds += rest
                }
            }
            return sign * seconds
        }

        /// A day with the time of the change, 02:00 unless it is written.
        mutating func change() -> Change? {
            let day: Day
            if skip("M") {
                guard let month = number(1...12), skip("."), let week = number(1...5), skip("."),
                    let weekday = number(0...6)
                else { return nil }
                day = .week(month, week, weekday)
            } else if skip("J") {
                guard let number = number(1...365) else { return nil }
                day = .withoutLeapDay(number)
            } else {
                guard let number = number(0...365) else { return nil }
                day = .ofYear(number)
            }
            guard skip("/") else { return Change(day: day, time: 7200) }
            return time().map { Change(day: day, time: $0) }
        }
    }
}

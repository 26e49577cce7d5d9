// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Reads a compiled time zone (TZif, RFC 8536).
enum ZoneFile {
    /// Rules without end are written out to the end of this year.
    static let lastYear = 2100

    /// nil when the bytes are no such file, or count leap seconds, which `CLOCK_REALTIME` does not.
    static func offsets(_ bytes: [UInt8]) -> ZoneOffsets? {
        guard var block = Block(bytes, start: 0, timeSize: 4) else { return nil }
        var footer: ArraySlice<UInt8> = []
        if block.version >= UInt8(ascii: "2") {
            guard let second = Block(bytes, start: block.end, timeSize: 8) else { return nil }
            block = second
            footer = bytes[block.end...]
        }
        guard block.leapCount == 0, var table = block.table(bytes) else { return nil }
        if footer.first == UInt8(ascii: "\n"), let end = footer.dropFirst().firstIndex(of: UInt8(ascii: "\n")) {
            let text = String(decoding: footer[(footer.startIndex + 1)..<end], as: UTF8.self)
            if !text.isEmpty {
                guard let rule = ZoneRule(text) else { return nil }
                table = rule.extend(table, throughYear: lastYear)
            }
        }
        return table
    }

    /// A header with the data behind it.
    private struct Block {
        let version: UInt8
        let leapCount: Int
        let end: Int
        private let timeSize: Int
        private let data: Int
        private let timeCount: Int
        private let typeCount: Int

        init?(_ bytes: [UInt8], start: Int, timeSize: Int) {
            guard bytes.count >= start + 44, bytes[start..<(start + 4)].elementsEqual("TZif".utf8) else { return nil }
            let counts = (0..<6).map { ZoneFile.integer(bytes, start + 20 + $0 * 4, size: 4) }
            guard counts.allSatisfy({ (0...100_000).contains($0) }), counts[4] > 0 else { return nil }
            version = bytes[start + 4]
            self.timeSize = timeSize
            data = start + 44
            timeCount = Int(counts[3])
            typeCount = Int(counts[4])
            leapCount = Int(counts[2])
            let types = timeCount * (timeSize + 1) + typeCount * 6
            end = data + types + Int(counts[5]) + leapCount * (timeSize + 4) + Int(counts[1]) + Int(counts[0])
            guard end <= bytes.count else { return nil }
        }

        func table(_ bytes: [UInt8]) -> ZoneOffsets? {
            let typeIndexes = data + timeCount * timeSize
            let types = typeIndexes + timeCount
            func offset(ofType type: Int) -> Int32 { Int32(ZoneFile.integer(bytes, types + type * 6, size: 4)) }
            var transitions: [ZoneOffsets.Transition] = []
            for index in 0..<timeCount {
                let type = Int(bytes[typeIndexes + index])
                guard type < typeCount else { return nil }
                let time = ZoneFile.integer(bytes, data + index * timeSize, size: timeSize)
                guard time > transitions.last?.at ?? .min else { return nil }
                transitions.append(ZoneOffsets.Transition(at: time, offset: offset(ofType: type)))
            }
            return ZoneOffsets(first: offset(ofType: 0), transitions: transitions)
        }
    }

    /// A signed big-endian integer.
    private static func integer(_ bytes: [UInt8], _ start: Int, size: Int) -> Int64 {
        var value: UInt64 = 0
        for byte in bytes[start..<(start + size)] { value = value << 8 | UInt64(byte) }
        return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }
}

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

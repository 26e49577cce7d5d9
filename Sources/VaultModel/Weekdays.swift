// SPDX-License-Identifier: Apache-2.0

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
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { name in
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

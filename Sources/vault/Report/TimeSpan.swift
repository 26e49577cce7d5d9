// SPDX-License-Identifier: Apache-2.0

import TerminalKit
import VaultModel

/// The time that a report is about, in columns of one length.
struct TimeSpan: Equatable {
    private static let minute: Int64 = 60_000_000
    private static let day: Int64 = 24 * 60 * minute
    /// Each divides the next one, or a week.
    private static let steps: [Int64] = [
        minute, 5 * minute, 15 * minute, 60 * minute, 6 * 60 * minute, day, 7 * day, 28 * day,
    ]
    private static let mostColumns: Int64 = 72

    let fromUSec: Int64
    let toUSec: Int64
    /// The length of a column. They begin at its multiples since 1970, as the broker counts.
    let stepUSec: Int64

    init(from: Int64, to: Int64) {
        fromUSec = min(from, to)
        toUSec = to
        let length = toUSec.saturatingSubtracting(fromUSec)
        let longest = Self.steps[Self.steps.count - 1]
        // A log of many years has columns of several months.
        stepUSec =
            Self.steps.first { length / $0 < Self.mostColumns }
            ?? (length / Self.mostColumns / longest + 1) * longest
    }

    /// The beginnings of the columns.
    var columns: [Int64] {
        let first = fromUSec.saturatingSubtracting(CivilDate.floorRemainder(fromUSec, stepUSec))
        let last = max(first, toUSec.saturatingSubtracting(1))
        return Array(stride(from: first, through: last, by: Int64.Stride(stepUSec)))
    }

    /// What one column stands for, such as `15 minutes`.
    var stepWords: String {
        func words(_ count: Int64, _ unit: String) -> String { count == 1 ? "one \(unit)" : "\(count) \(unit)s" }
        if stepUSec % (7 * Self.day) == 0 { return words(stepUSec / (7 * Self.day), "week") }
        if stepUSec % Self.day == 0 { return words(stepUSec / Self.day, "day") }
        let minutes = stepUSec / Self.minute
        return minutes % 60 == 0 ? words(minutes / 60, "hour") : words(minutes, "minute")
    }

    /// The label of a column: the date where columns are days, which are those of UTC; else the local time too.
    func label(_ column: Int64) -> String {
        guard stepUSec < Self.day else { return String(TimeText.text(column).unicodeScalars.prefix { $0 != "T" }) }
        // 2026-11-21T07:15:00.123+01:00
        let text = LocalTime.text(column)
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
    }
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A length of time as people write it: `15m`, `1h30m`, `2 hours`, `500ms`.
struct DurationArgument: Equatable {
    /// As policy files have it: without spaces, the units short.
    let text: String
    let microseconds: Int64

    private static let second: Int64 = 1_000_000
    private static let units: [(names: [String], usec: Int64)] = [
        (["us"], 1), (["ms"], 1000), (["s", "sec", "secs", "second", "seconds"], second),
        (["m", "min", "mins", "minute", "minutes"], 60 * second), (["h", "hour", "hours"], 3600 * second),
        (["d", "day", "days"], 86_400 * second), (["w", "week", "weeks"], 7 * 86_400 * second),
    ]

    /// A hundred years: sums with a clock cannot overflow.
    private static let longest: Int64 = 36_525 * 86_400 * second

    init(_ argument: String) throws {
        let invalid = ValidationError("'\(argument)' is not a length of time; write it like 15m, 1h30m or 7d")
        var rest = argument.utf8.filter { $0 != UInt8(ascii: " ") }[...]
        var text = ""
        var total: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isDigit }
            let name = rest.dropFirst(digits.count).prefix { !$0.isDigit }
            rest = rest.dropFirst(digits.count + name.count)
            guard let count = Int64(String(decoding: digits, as: UTF8.self)),
                let unit = Self.units.first(where: { $0.names.contains(String(decoding: name, as: UTF8.self)) })
            else { throw invalid }
            let (part, overflow) = count.multipliedReportingOverflow(by: unit.usec)
            guard !overflow, part <= Self.longest - total else {
                throw ValidationError("'\(argument)' is longer than a hundred years")
            }
            total += part
            text += "\(count)\(unit.names[0])"
        }
        guard total > 0 else { throw invalid }
        self.text = text
        microseconds = total
    }
}

extension UInt8 {
    /// Whether it is an ASCII digit.
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}

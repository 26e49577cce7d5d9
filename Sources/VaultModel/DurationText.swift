// SPDX-License-Identifier: Apache-2.0

/// Lengths of time as people write them: `15m`, `1h30m`, `500ms`. A plain `0` is none. Values are microseconds.
package enum DurationText {
    package static let second: Int64 = 1_000_000
    package static let minute: Int64 = 60 * second
    package static let hour: Int64 = 60 * minute
    package static let day: Int64 = 24 * hour
    package static let week: Int64 = 7 * day

    /// The longest duration: a hundred years, so that sums with a clock cannot overflow.
    package static let maximum: Int64 = 36_525 * day

    /// The first name of each is the one that policies use.
    private static let units: [(names: [String], usec: Int64)] = [
        (["w", "week", "weeks"], week), (["d", "day", "days"], day), (["h", "hour", "hours"], hour),
        (["m", "min", "mins", "minute", "minutes"], minute), (["s", "sec", "secs", "second", "seconds"], second),
        (["ms"], 1000), (["us"], 1),
    ]

    /// Microseconds. Throws when the text is no duration, or one of more than a hundred years.
    package static func parse(_ text: String) throws(InvalidText) -> Int64 { try parse(text, spelledOut: false) }

    /// - Parameter spelledOut: whether `2 hours` is one, too, as people type it.
    package static func parse(_ text: String, spelledOut: Bool) throws(InvalidText) -> Int64 {
        let invalid = InvalidText(
            "'\(text)' is not a duration", remedy: "write a number and a unit (ms s m h d w), such as 15m or 1h30m")
        if text == "0" { return 0 }
        var rest = text.utf8.filter { !spelledOut || $0 != UInt8(ascii: " ") }[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { throw invalid }
        while !rest.isEmpty {
            let digits = rest.prefix(while: isDigit)
            let unit = rest.dropFirst(digits.count).prefix { !isDigit($0) }
            guard let count = Int64(String(decoding: digits, as: UTF8.self)),
                let usec = units.first(where: { known in
                    known.names.prefix(spelledOut ? .max : 1).contains { $0.utf8.elementsEqual(unit) }
                })?.usec
            else { throw invalid }
            let (part, overflow) = count.multipliedReportingOverflow(by: usec)
            guard !overflow, part <= maximum - total else {
                throw InvalidText("'\(text)' is longer than a hundred years", remedy: "write a shorter time")
            }
            total += part
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return total
    }

    /// The text that `parse` reads back, in the largest units that fit.
    package static func text(_ usec: Int64) -> String {
        guard usec > 0 else { return "0" }
        var rest = usec
        var text = ""
        for unit in units where unit.usec != week && rest >= unit.usec {
            text += "\(rest / unit.usec)\(unit.names[0])"
            rest %= unit.usec
        }
        return text
    }
}

/// Whether it is an ASCII digit.
package func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

/// A number that is not negative, in so many digits at least.
package func pad(_ number: some BinaryInteger, _ width: Int, radix: Int = 10) -> String {
    let digits = String(number, radix: radix)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

/// Sizes in bytes as people write them: `65536`, `64KiB`, `1MiB`, `2GiB`.
package enum SizeText {
    private static let units: [(name: String, shift: Int)] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)]

    package static func parse(_ text: String) throws(InvalidText) -> Int {
        let digits = text.utf8.prefix(while: isDigit)
        let unit = text.utf8.dropFirst(digits.count)
        let shift =
            if unit.isEmpty || unit.elementsEqual("B".utf8) {
                0
            } else {
                units.first { $0.name.utf8.elementsEqual(unit) }?.shift
            }
        guard let count = Int(String(decoding: digits, as: UTF8.self)), let shift else {
            throw InvalidText("'\(text)' is not a size", remedy: "write bytes, or a number with KiB, MiB or GiB")
        }
        let (size, overflow) = count.multipliedReportingOverflow(by: 1 << shift)
        guard !overflow else { throw InvalidText("'\(text)' is too large", remedy: "write a smaller size") }
        return size
    }

    /// The text that `parse` reads back, in the largest unit that divides it.
    package static func text(_ size: Int) -> String {
        guard size > 0, let unit = units.last(where: { size % (1 << $0.shift) == 0 }) else { return String(size) }
        return "\(size >> unit.shift)\(unit.name)"
    }
}

// SPDX-License-Identifier: Apache-2.0

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

// SPDX-License-Identifier: Apache-2.0

/// A text that is written again and again, with other integers in some of its places.
///
///     let template = JSONTemplate(text, integersAt: [10..<11])
///     template.filled { _ in 42 }
public struct JSONTemplate: Sendable {
    /// What stands before, between and behind the integers.
    private let parts: [[UInt8]]
    /// Of the text, without the integers.
    public let byteCount: Int

    /// - Parameter places: of the integers in the text, in their order. What stands there now is of no matter.
    public init(_ text: [UInt8], integersAt places: [Range<Int>]) {
        var parts: [[UInt8]] = []
        var start = 0
        for place in places {
            precondition(place.lowerBound >= start, "the places overlap")
            parts.append([UInt8](text[start..<place.lowerBound]))
            start = place.upperBound
        }
        parts.append([UInt8](text[start...]))
        self.parts = parts
        byteCount = parts.reduce(0) { $0 + $1.count }
    }

    /// How many integers it takes.
    public var integerCount: Int { parts.count - 1 }

    /// The text with these integers.
    public func filled(_ integer: (Int) -> Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount + 20 * integerCount)
        for index in parts.indices {
            if index > 0 { bytes.appendDigits(of: integer(index - 1)) }
            bytes.append(contentsOf: parts[index])
        }
        return bytes
    }
}

extension [UInt8] {
    /// Appends an integer as JSON has it.
    mutating func appendDigits(of value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        appendDigits(of: value.magnitude)
    }

    /// Appends an integer as JSON has it.
    mutating func appendDigits(of magnitude: UInt64) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = magnitude
        repeat {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            first -= 1
            digits[first] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: remainder)
            rest = quotient
        } while rest > 0
        digits.span.extracting(first...).withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}

// SPDX-License-Identifier: Apache-2.0

extension JSONReader {
    /// Reads a number without fraction and exponent, exactly.
    public mutating func readInteger() throws(JSONError) -> Int64 {
        try expect(.number)
        let start = position
        let number = try scanNumber()
        guard number.isInteger else { throw error(.notAnInteger, at: start) }
        guard let value = integer(in: number.range) else { throw error(.integerOutOfRange, at: start) }
        return value
    }

    /// Reads a number without fraction and exponent that fits into a type.
    @inlinable
    public mutating func readInteger<Integer: FixedWidthInteger>(
        as type: Integer.Type
    ) throws(JSONError) -> Integer {
        guard let value = Integer(exactly: try readInteger()) else { throw error(.integerOutOfRange) }
        return value
    }

    /// Reads any number that a finite `Double` can hold, rounded to the nearest.
    public mutating func readDouble() throws(JSONError) -> Double {
        try expect(.number)
        let number = try scanNumber()
        return try double(in: number.range)
    }

    /// Reads a number as ``JSONValue/integer(_:)`` where it is written as one, else as ``JSONValue/double(_:)``.
    mutating func readNumber() throws(JSONError) -> JSONValue {
        let number = try scanNumber()
        guard number.isInteger else { return .double(try double(in: number.range)) }
        guard let value = integer(in: number.range) else {
            throw error(.integerOutOfRange, at: number.range.lowerBound)
        }
        return .integer(value)
    }

    /// Checks the number that begins at the next byte, and goes behind it.
    mutating func scanNumber() throws(JSONError) -> (range: Range<Int>, isInteger: Bool) {
        let start = position
        var isInteger = true
        skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try skipDigits(of: start) }
        if skip(UInt8(ascii: ".")) {
            isInteger = false
            try skipDigits(of: start)
        }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            isInteger = false
            if !skip(UInt8(ascii: "+")) { skip(UInt8(ascii: "-")) }
            try skipDigits(of: start)
        }
        if position < end {
            switch bytes[position] {
            // What would go on with a number is a number written wrongly, not something that follows one.
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"):
                throw error(.malformedNumber, at: start)
            default: break
            }
        }
        return (start..<position, isInteger)
    }

    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipDigits(of start: Int) throws(JSONError) {
        let first = position
        while position < end, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        guard position > first else { throw error(.malformedNumber, at: start) }
    }

    private func integer(in range: Range<Int>) -> Int64? {
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        var value: Int64 = 0
        for index in (isNegative ? range.lowerBound + 1 : range.lowerBound)..<range.upperBound {
            let digit = Int64(bytes[index] &- UInt8(ascii: "0"))
            let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
            let (sum, exceeds) =
                isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            if overflows || exceeds { return nil }
            value = sum
        }
        return value
    }

    private func double(in range: Range<Int>) throws(JSONError) -> Double {
        // The grammar of RFC 8259 is part of what Double reads, so only the range can be wrong.
        guard let value = Double(String(decoding: bytes[range], as: UTF8.self)), value.isFinite else {
            throw error(.numberOutOfRange, at: range.lowerBound)
        }
        return value
    }
}

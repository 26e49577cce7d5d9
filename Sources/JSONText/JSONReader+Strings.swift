// SPDX-License-Identifier: Apache-2.0

/// Where the contents of a string lie, between its quotes.
struct ScannedString {
    var start: Int
    var end: Int
    var hasEscapes: Bool
    /// There is no byte above 0x7F, and no escape.
    var isASCII: Bool
}

extension JSONReader {
    /// Checks the string whose opening quote is the next byte, and goes behind its closing quote.
    mutating func scanString() throws(JSONError) -> ScannedString {
        let scanned = try scanContents(from: position + 1)
        position = scanned.end + 1
        return scanned
    }

    private func scanContents(from start: Int) throws(JSONError) -> ScannedString {
        let span = bytes.span
        var index = start
        var hasEscapes = false
        var anyBit: UInt8 = 0
        while true {
            guard index < end else { throw error(.unexpectedEnd, at: end) }
            let byte = span[index]
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                index = try scanEscape(at: index)
                continue
            }
            guard byte >= 0x20 else { throw error(.controlCharacter(byte), at: index) }
            anyBit |= byte
            index += 1
        }
        if anyBit >= 0x80 {
            // Escapes are ASCII and so cannot complete a sequence: the raw bytes are valid if and only if the string is.
            do {
                _ = try UTF8Span(validating: span.extracting(start..<index))
            } catch let invalid {
                throw error(.invalidUTF8, at: start + invalid.byteOffsets.lowerBound)
            }
        }
        return ScannedString(
            start: start, end: index, hasEscapes: hasEscapes, isASCII: anyBit < 0x80 && !hasEscapes)
    }

    /// Checks one escape, for a surrogate both halves, and gives the index behind it.
    private func scanEscape(at backslash: Int) throws(JSONError) -> Int {
        guard backslash + 1 < end else { throw error(.unexpectedEnd, at: end) }
        switch bytes[backslash + 1] {
        case UInt8(ascii: "u"): break
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return backslash + 2
        default: throw error(.invalidEscape, at: backslash)
        }
        let unit = try codeUnit(at: backslash)
        guard UTF16.isSurrogate(unit) else { return backslash + 6 }
        let second = backslash + 6
        guard UTF16.isLeadSurrogate(unit), second + 1 < end, bytes[second] == UInt8(ascii: "\\"),
            bytes[second + 1] == UInt8(ascii: "u"), UTF16.isTrailSurrogate(try codeUnit(at: second))
        else { throw error(.loneSurrogate, at: backslash) }
        return backslash + 12
    }

    /// The UTF-16 code unit of the escape `\uXXXX` at an index.
    private func codeUnit(at backslash: Int) throws(JSONError) -> UInt16 {
        guard backslash + 6 <= end else { throw error(.unexpectedEnd, at: end) }
        var unit: UInt16 = 0
        for index in (backslash + 2)..<(backslash + 6) {
            guard let digit = Self.hexadecimalDigit(bytes[index]) else { throw error(.invalidEscape, at: backslash) }
            unit = unit << 4 | digit
        }
        return unit
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// The contents of a string that ``scanString()`` has checked.
    func string(_ scanned: ScannedString) -> String {
        Self.string(scanned, of: bytes)
    }

    static func string(_ scanned: ScannedString, of bytes: [UInt8]) -> String {
        if scanned.hasEscapes { return String(decoding: unescaped(scanned, of: bytes), as: UTF8.self) }
        return bytes.withUnsafeBufferPointer { bytes in
            String(decoding: UnsafeBufferPointer(rebasing: bytes[scanned.start..<scanned.end]), as: UTF8.self)
        }
    }

    private static func unescaped(_ scanned: ScannedString, of bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(scanned.end - scanned.start)
        var index = scanned.start
        while index < scanned.end {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            let escape = bytes[index]
            index += 1
            switch escape {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"): appendScalar(escapedAt: &index, of: bytes, to: &result)
            default: result.append(escape)
            }
        }
        return result
    }

    /// Appends the scalar whose hexadecimal digits begin at `index`, and goes behind its escape or its two.
    private static func appendScalar(
        escapedAt index: inout Int, of bytes: [UInt8], to result: inout [UInt8]
    ) {
        func unit() -> UInt32 {
            defer { index += 4 }
            return bytes[index..<index + 4].reduce(0) { $0 << 4 | UInt32(hexadecimalDigit($1) ?? 0) }
        }
        var value = unit()
        if value & 0xF800 == 0xD800 {
            index += 2
            value = 0x10000 + (value & 0x3FF) << 10 + (unit() & 0x3FF)
        }
        // Scanning has refused every lone surrogate, so the value is a scalar.
        result.append(contentsOf: String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
    }
}

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
        if !scanned.isASCII, limits.marksInARow < .max { try checkMarks(of: scanned) }
        position = scanned.end + 1
        return scanned
    }

    private func checkMarks(of scanned: ScannedString) throws(JSONError) {
        var bytes = UnescapedBytes(scanned, of: bytes)
        var decoder = UTF8()
        var count = 0
        while case .scalarValue(let scalar) = decoder.decode(&bytes) {
            // The first of all combining marks is U+0300.
            let isMark = scalar.value >= 0x300 && scalar.properties.canonicalCombiningClass != .notReordered
            count = isMark ? count + 1 : 0
            guard count <= limits.marksInARow else {
                throw error(.invalidValue("a string has more than \(limits.marksInARow) combining marks in a row"))
            }
        }
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

    static func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
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
        if scanned.hasEscapes {
            return String(unsafeUninitializedCapacity: scanned.end - scanned.start) { room in
                var unescaped = UnescapedBytes(scanned, of: bytes)
                return unescaped.write(to: room)
            }
        }
        return bytes.withUnsafeBufferPointer { bytes in
            String(decoding: UnsafeBufferPointer(rebasing: bytes[scanned.start..<scanned.end]), as: UTF8.self)
        }
    }
}

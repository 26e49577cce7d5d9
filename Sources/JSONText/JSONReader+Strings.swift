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
        var anyBits: UInt64 = 0
        while true {
            // Eight bytes at a time, up to one that says something. A text within a text has one every few bytes.
            while index + 8 <= end {
                let word = span.word(at: index)
                let found = word.marks
                anyBits |= word & (found == 0 ? .max : (found & (0 &- found)) &- 1)
                index += found == 0 ? 8 : found.trailingZeroBitCount / 8
                guard found == 0 else { break }
            }
            guard index < end else { throw error(.unexpectedEnd, at: end) }
            let byte = span[index]
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                if index + 1 < end, span[index + 1] == UInt8(ascii: "\"") {
                    index += 2
                } else {
                    index = try scanEscape(at: index)
                }
                continue
            }
            guard byte >= 0x20 else { throw error(.controlCharacter(byte), at: index) }
            anyBits |= UInt64(byte)
            index += 1
        }
        let anyBit: UInt8 = anyBits & 0x8080_8080_8080_8080 == 0 ? 0 : 0x80
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

    /// Reads a string, and appends its bytes to others: for who passes a text on and looks at nothing in it.
    public mutating func readString(appendingTo target: inout [UInt8]) throws(JSONError) {
        try expect(.string)
        let start = target.count
        if let end = appendPlainly(to: &target) {
            position = end
            return
        }
        target.removeSubrange(start...)
        let scanned = try scanString()
        let text = scanned.start..<scanned.end
        guard scanned.hasEscapes else { return target.append(contentsOf: bytes[text]) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count) { room in
            var unescaped = UnescapedBytes(scanned, of: bytes)
            let count = unescaped.write(to: room)
            target.append(contentsOf: UnsafeBufferPointer(rebasing: room[..<count]))
        }
    }

    /// Scans and appends at once a string in which no more is escaped than quotes and backslashes.
    /// - Returns: the index behind it; nil where there is more to it, or something wrong with it.
    private func appendPlainly(to target: inout [UInt8]) -> Int? {
        let span = bytes.span
        let start = target.count
        var index = position + 1
        var anyBits: UInt64 = 0
        let isWhole = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1024) { room in
            var written = 0
            while index + 8 <= end {
                if written + 8 > room.count {
                    target.append(contentsOf: UnsafeBufferPointer(rebasing: room[..<written]))
                    written = 0
                }
                let word = span.word(at: index)
                UnsafeMutableRawBufferPointer(room).storeBytes(
                    of: word.littleEndian, toByteOffset: written, as: UInt64.self)
                let found = word.marks
                anyBits |= word & (found == 0 ? .max : (found & (0 &- found)) &- 1)
                let count = found == 0 ? 8 : found.trailingZeroBitCount / 8
                index += count
                written += count
                guard found != 0 else { continue }
                if span[index] == UInt8(ascii: "\"") {
                    target.append(contentsOf: UnsafeBufferPointer(rebasing: room[..<written]))
                    return true
                }
                guard span[index] == UInt8(ascii: "\\"), index + 1 < end,
                    span[index + 1] == UInt8(ascii: "\"") || span[index + 1] == UInt8(ascii: "\\")
                else { return false }
                room[written] = span[index + 1]
                written += 1
                index += 2
            }
            return false
        }
        guard isWhole else { return nil }
        if anyBits & (UInt64.ones &* 0x80) != 0 {
            guard limits.marksInARow == .max, (try? UTF8Span(validating: target.span.extracting(start...))) != nil
            else { return nil }
        }
        return index + 1
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

extension Span<UInt8> {
    /// Eight bytes, the first of them lowest. - Precondition: they are there.
    @inline(__always)
    func word(at index: Int) -> UInt64 {
        UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }
}

extension UInt64 {
    static let ones: UInt64 = 0x0101_0101_0101_0101

    /// The highest bit of the first byte that is a quote, a backslash or below 0x20 is set. Those of bytes above it tell
    /// nothing: a subtraction borrows from them (Mycroft's test).
    @inline(__always)
    var marks: UInt64 { zeros(0x22) | zeros(0x5C) | belowSpace }

    /// The same for the first byte below 0x20; 0 only where there is none.
    @inline(__always)
    var belowSpace: UInt64 { (self &- Self.ones &* 0x20) & ~self & (Self.ones &* 0x80) }

    /// The same for the first byte of one value.
    @inline(__always)
    func zeros(_ byte: UInt64) -> UInt64 {
        let rest = self ^ (Self.ones &* byte)
        return (rest &- Self.ones) & ~rest & (Self.ones &* 0x80)
    }
}

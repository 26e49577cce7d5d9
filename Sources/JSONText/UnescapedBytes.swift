// SPDX-License-Identifier: Apache-2.0

/// The UTF-8 bytes that the contents of a string mean, one after the other.
///
/// Nothing is copied, so that comparing two strings ends with their first difference, however long they are.
struct UnescapedBytes: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var index: Int
    private let end: Int
    /// The rest of a scalar that was escaped, the next byte lowest.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    /// - Precondition: `JSONReader.scanString()` has checked the string.
    init(_ scanned: ScannedString, of bytes: [UInt8]) {
        self.bytes = bytes
        index = scanned.start
        end = scanned.end
    }

    mutating func next() -> UInt8? {
        if pendingCount > 0 { return takePending() }
        guard index < end else { return nil }
        let byte = bytes[index]
        index += 1
        guard byte == UInt8(ascii: "\\") else { return byte }
        let escape = bytes[index]
        index += 1
        switch escape {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"):
            // Scanning has refused every lone surrogate, so the value is a scalar.
            for byte in UTF8.encode(Unicode.Scalar(scalarValue()) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
                pending |= UInt32(byte) << (8 * UInt32(pendingCount))
                pendingCount += 1
            }
            return takePending()
        default: return escape
        }
    }

    /// Writes all that is left, which is never longer than it was with its escapes.
    /// - Returns: how many bytes it was.
    mutating func write(to room: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var written = 0
        let array = bytes
        let bytes = array.span
        while index < end {
            // Eight bytes at a time, up to an escape. There is room for all eight: no more was written than read.
            while index + 8 <= end {
                let word = bytes.word(at: index)
                UnsafeMutableRawPointer(room.baseAddress!).storeBytes(
                    of: word.littleEndian, toByteOffset: written, as: UInt64.self)
                let found = word.zeros(0x5C)
                let count = found == 0 ? 8 : found.trailingZeroBitCount / 8
                index += count
                written += count
                guard found == 0 else { break }
            }
            guard index < end else { break }
            let byte = bytes[index]
            if byte != UInt8(ascii: "\\") {
                room[written] = byte
                index += 1
            } else if bytes[index + 1] == UInt8(ascii: "\"") {
                // The escape of which there are most by far.
                room[written] = UInt8(ascii: "\"")
                index += 2
            } else {
                repeat {
                    room[written] = next() ?? 0
                    written += 1
                } while pendingCount > 0
                continue
            }
            written += 1
        }
        return written
    }

    private mutating func takePending() -> UInt8 {
        defer {
            pending >>= 8
            pendingCount -= 1
        }
        return UInt8(truncatingIfNeeded: pending)
    }

    /// The value of the escape whose hexadecimal digits are next, or of the two that make a surrogate pair.
    private mutating func scalarValue() -> UInt32 {
        let unit = codeUnit()
        guard unit & 0xF800 == 0xD800 else { return unit }
        index += 2
        return 0x10000 + (unit & 0x3FF) << 10 + (codeUnit() & 0x3FF)
    }

    private mutating func codeUnit() -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            unit = unit << 4 | UInt32(JSONReader.hexadecimalDigit(bytes[index]) ?? 0)
            index += 1
        }
        return unit
    }
}

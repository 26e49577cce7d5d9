// SPDX-License-Identifier: Apache-2.0

/// Goes over the text of a record in the one form that ``Record/encoded(_:hash:)`` writes: no white space, and keys without escapes.
///
/// Indexing looks at every record, and most of each is of no interest to it. Nothing is checked that does not have to be;
/// where the text is not as expected, a method gives nil, and ``RecordFields`` reads the text as ``StoredRecord``.
struct LeafScanner {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    /// Calls `body` with each key of an object; `body` goes over the value and gives nil where it cannot.
    mutating func object(_ body: (UnsafeRawBufferPointer, inout LeafScanner) -> Void?) -> Void? {
        guard take("{") else { return nil }
        if take("}") { return () }
        repeat {
            guard let key = quoted(), !key.hasEscapes, take(":"), body(key.bytes, &self) != nil else { return nil }
        } while take(",")
        return take("}") ? () : nil
    }

    /// Calls `body` for each element of an array.
    mutating func array(_ body: (inout LeafScanner) -> Void?) -> Void? {
        guard take("[") else { return nil }
        if take("]") { return () }
        repeat {
            guard body(&self) != nil else { return nil }
        } while take(",")
        return take("]") ? () : nil
    }

    /// A string without escapes.
    mutating func string() -> String? {
        guard let text = quoted(), !text.hasEscapes else { return nil }
        return String(decoding: text.bytes, as: UTF8.self)
    }

    /// An integer of at most eighteen digits.
    mutating func integer() -> Int64? {
        let isNegative = take("-")
        let start = position
        var value: Int64 = 0
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10, position - start < 18 {
            value = value * 10 + Int64(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        return position > start ? (isNegative ? -value : value) : nil
    }

    /// Goes over a value of any kind.
    mutating func skip() -> Void? {
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard quoted() != nil else { return nil }
                if depth == 0 { return () }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // Behind a number or a word the enclosing object ends.
                if depth == 0 { return () }
                depth -= 1
                if depth == 0 {
                    position += 1
                    return ()
                }
            case UInt8(ascii: ",") where depth == 0: return ()
            default: break
            }
            position += 1
        }
        return nil
    }

    /// The contents of a string.
    private mutating func quoted() -> (bytes: UnsafeRawBufferPointer, hasEscapes: Bool)? {
        guard take("\"") else { return nil }
        let start = position
        var hasEscapes = false
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return (UnsafeRawBufferPointer(rebasing: bytes[start..<position - 1]), hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                position += 2
            default: position += 1
            }
        }
        return nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }
}

/// Whether a key, as it lies in the text, is this one.
func == (key: UnsafeRawBufferPointer, literal: StaticString) -> Bool {
    key.count == literal.utf8CodeUnitCount && literal.withUTF8Buffer { key.elementsEqual($0) }
}

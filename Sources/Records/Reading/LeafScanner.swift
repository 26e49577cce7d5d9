// SPDX-License-Identifier: Apache-2.0

import Glibc

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

/// What stands at the beginning of every record.
package enum LeafPrefix {
    /// The index that a record says it has; nil for a text of another form.
    package static func index(of leaf: UnsafeRawBufferPointer) -> UInt64? { read(leaf)?.index }

    private static let text: StaticString = #"{"v":1,"index":"#

    /// The index, and where it ends.
    package static func read(_ leaf: UnsafeRawBufferPointer) -> (index: UInt64, end: Int)? {
        guard begins(leaf, with: text) else { return nil }
        var value: UInt64 = 0
        var end = text.utf8CodeUnitCount
        let limit = min(leaf.count, end + 18)
        while end < limit, leaf[end] &- 0x30 < 10 {
            value = value * 10 + UInt64(leaf[end] - 0x30)
            end += 1
        }
        return (value, end)
    }

    private static let key: StaticString = #","type":""#

    /// The word of the type, and what follows on it; nil where none is there.
    /// - Parameter end: of the index.
    package static func type(of leaf: UnsafeRawBufferPointer, after end: Int) -> UnsafeRawBufferPointer? {
        let start = end + key.utf8CodeUnitCount
        return start < leaf.count ? UnsafeRawBufferPointer(rebasing: leaf[start...]) : nil
    }

    private static func begins(_ leaf: UnsafeRawBufferPointer, with prefix: StaticString) -> Bool {
        leaf.count > prefix.utf8CodeUnitCount
            && leaf.baseAddress.map { memcmp($0, prefix.utf8Start, prefix.utf8CodeUnitCount) == 0 } ?? false
    }
}

/// What is read of a record without looking at the rest.
extension RecordType {
    /// The type of a record as ``Record/encoded(_:hash:)`` writes it; nil for any other text.
    package init?(leaf: UnsafeRawBufferPointer) {
        var scanner = LeafScanner(leaf)
        var text: String?
        _ = scanner.object { key, value in
            guard key == "type" else { return value.skip() }
            text = value.string()
            return nil
        }
        guard let type = text.flatMap(RecordType.init(rawValue:)) else { return nil }
        self = type
    }
}

extension PolicyStamp {
    /// The policy that a record names: the one it was decided by, or the one it brings. Nil for a record that names none,
    /// and for a text of another form than ``Record/encoded(_:hash:)`` writes.
    package init?(leaf: UnsafeRawBufferPointer) {
        var scanner = LeafScanner(leaf)
        var revision: Int64?
        var sha256: String?
        let isComplete: Void? = scanner.object { key, value in
            guard key == "policy" else { return value.skip() }
            return value.object { key, value in
                if key == "revision" {
                    revision = value.integer()
                } else if key == "sha256" {
                    sha256 = value.string()
                } else {
                    return value.skip()
                }
                return ()
            }
        }
        guard isComplete != nil, let revision, let sha256 else { return nil }
        self.init(revision: Int(revision), sha256: sha256)
    }
}

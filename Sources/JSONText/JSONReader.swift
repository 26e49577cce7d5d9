// SPDX-License-Identifier: Apache-2.0

/// Reads JSON (RFC 8259) from UTF-8 bytes, value by value, without a tree.
///
/// The caller asks for what it expects, in the order of the text:
///
///     var reader = JSONReader(bytes)
///     try reader.beginObject()
///     while let key = try reader.nextKey() {
///         switch key {
///         case "name": name = try reader.readString()
///         default: try reader.skipOrRefuse(key)
///         }
///     }
///     try reader.finish()
///
/// Each key and each element is followed by exactly one read (or ``skipValue()``). Everything that is passed is checked,
/// also what is skipped. After an error the reader is of no further use.
///
/// Where RFC 8259 leaves a choice, this reader refuses: a key that an object has already, half a surrogate pair, bytes
/// that are not UTF-8, a byte order mark, a whole number that no `Int64` holds (rather than one that is nearly right), a
/// number that no finite `Double` holds, and more levels than ``JSONLimits/depth``. A number too small for a `Double` is 0.
public struct JSONReader: Sendable {
    let bytes: [UInt8]
    /// The index of the next byte.
    var position: Int
    /// The index behind the last byte of the text.
    let end: Int
    let limits: JSONLimits
    private var depth = 0
    /// Whether an array or object has just been opened, so that no comma comes next.
    private var atStart = false
    var trail = JSONTrail()

    public init(_ bytes: [UInt8], limits: JSONLimits = .default) {
        self.init(bytes, in: bytes.startIndex..<bytes.endIndex, limits: limits)
    }

    /// Reads a part of `bytes`. Offsets in errors count from the start of `bytes`.
    public init(_ bytes: [UInt8], in range: Range<Int>, limits: JSONLimits = .default) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "the range lies outside of the bytes")
        precondition(range.upperBound <= Int(Int32.max), "no text has 2 GiB")
        self.bytes = bytes
        self.limits = limits
        position = range.lowerBound
        end = range.upperBound
    }

    // MARK: - Objects and arrays

    public mutating func beginObject() throws(JSONError) {
        try expect(.object)
        try open()
        trail.beginObject()
    }

    /// The key of the next member; `nil` when the object has ended.
    public mutating func nextKey() throws(JSONError) -> JSONKey? {
        guard let key = try scanKey() else { return nil }
        return JSONKey(string(key), isASCII: key.isASCII)
    }

    /// Goes over the key of the next member and its colon.
    private mutating func scanKey() throws(JSONError) -> ScannedString? {
        guard try advance(until: UInt8(ascii: "}")) else { return nil }
        guard position < end else { throw error(.unexpectedEnd) }
        guard bytes[position] == UInt8(ascii: "\"") else { throw error(.unexpectedByte(bytes[position])) }
        let key = try scanString()
        guard trail.insert(key, of: bytes) else { throw error(.duplicateMember(string(key)), at: key.start) }
        skipSpace()
        guard position < end else { throw error(.unexpectedEnd) }
        guard bytes[position] == UInt8(ascii: ":") else { throw error(.unexpectedByte(bytes[position])) }
        position += 1
        return key
    }

    public mutating func beginArray() throws(JSONError) {
        try expect(.array)
        try open()
        trail.beginArray()
    }

    /// Whether there is a further element; `false` when the array has ended.
    public mutating func nextElement() throws(JSONError) -> Bool {
        guard try advance(until: UInt8(ascii: "]")) else { return false }
        trail.nextElement()
        return true
    }

    private mutating func open() throws(JSONError) {
        guard depth < limits.depth else { throw error(.tooDeep) }
        depth += 1
        position += 1
        atStart = true
    }

    /// Goes over the comma to the next member or element; `false` when the closing bracket was there instead.
    private mutating func advance(until closing: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        guard position < end else { throw error(.unexpectedEnd) }
        let byte = bytes[position]
        if byte == closing {
            position += 1
            depth -= 1
            atStart = false
            trail.end()
            return false
        }
        if atStart {
            atStart = false
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw error(.unexpectedByte(byte)) }
        position += 1
        skipSpace()
        return true
    }

    // MARK: - Single values

    /// What the next value is, without reading it.
    public mutating func peek() throws(JSONError) -> JSONKind {
        skipSpace()
        guard position < end else { throw error(.unexpectedEnd) }
        switch bytes[position] {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case let byte: throw error(.unexpectedByte(byte))
        }
    }

    public mutating func readString() throws(JSONError) -> String {
        try expect(.string)
        return string(try scanString())
    }

    public mutating func readBool() throws(JSONError) -> Bool {
        try expect(.bool)
        let value = bytes[position] == UInt8(ascii: "t")
        try word(value ? "true" : "false")
        return value
    }

    public mutating func readNull() throws(JSONError) {
        try expect(.null)
        try word("null")
    }

    /// Goes over a `null`; `false` when the next value is something else, which is then still to be read.
    public mutating func skipNull() throws(JSONError) -> Bool {
        skipSpace()
        guard position < end, bytes[position] == UInt8(ascii: "n") else { return false }
        try word("null")
        return true
    }

    /// Goes over a value of any kind and says which bytes it has, without the space around it.
    @discardableResult
    public mutating func skipValue() throws(JSONError) -> Range<Int> {
        let kind = try peek()
        let start = position
        switch kind {
        case .null: try word("null")
        case .bool: _ = try readBool()
        case .number:
            if limits.checksSkippedNumbers { _ = try readNumber() } else { _ = try scanNumber() }
        case .string: _ = try scanString()
        case .array:
            try beginArray()
            while try nextElement() { try skipValue() }
        case .object:
            try beginObject()
            while try scanKey() != nil { try skipValue() }
        }
        return start..<position
    }

    /// Checks that nothing but white space is left.
    public mutating func finish() throws(JSONError) {
        skipSpace()
        guard position == end else { throw error(.trailingData) }
    }

    /// Reads a value of the type that is wanted here.
    @inlinable
    public mutating func read<Value: JSONReadable>(_ type: Value.Type = Value.self) throws(JSONError) -> Value {
        try Value(from: &self)
    }

    /// Checks what the next value is, and stands on its first byte.
    mutating func expect(_ kind: JSONKind) throws(JSONError) {
        let found = try peek()
        guard found == kind else { throw error(.wrongKind(expected: kind, found: found)) }
    }

    private mutating func word(_ word: StaticString) throws(JSONError) {
        let matching = word.withUTF8Buffer { word in
            var count = 0
            while count < word.count, position + count < end, bytes[position + count] == word[count] { count += 1 }
            return count
        }
        position += matching
        guard matching == word.utf8CodeUnitCount else {
            throw position < end ? error(.unexpectedByte(bytes[position])) : error(.unexpectedEnd)
        }
    }

    @inline(__always)
    mutating func skipSpace() {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    /// The index of the next byte to be read.
    public var offset: Int { position }

    /// An error at the next byte, or at `offset`.
    @inline(never)
    public func error(_ reason: JSONError.Reason, at offset: Int? = nil) -> JSONError {
        JSONError(reason, offset: offset ?? position, path: trail.path(of: bytes))
    }

    /// Goes over the value of a key that means nothing here, or refuses it, as the limits say.
    public mutating func skipOrRefuse(_ key: JSONKey) throws(JSONError) {
        guard limits.skipsUnknownMembers else { throw error(.unknownMember(key.text)) }
        try skipValue()
    }

    /// The same for a word that means nothing here, where one of some words was read.
    public func passOrRefuse(word: String) throws(JSONError) {
        guard limits.skipsUnknownMembers else { throw error(.invalidValue("'\(word)' is not known")) }
    }

    /// The value of a member that must be there, once its object has ended.
    @inlinable
    public func require<Value>(_ value: Value?, _ key: StaticString) throws(JSONError) -> Value {
        guard let value else { throw missingMember(key) }
        return value
    }

    /// The error for a member that must be there and is not, once its object has ended.
    @inline(never)
    public func missingMember(_ key: StaticString) -> JSONError {
        let parent = trail.path(of: bytes)
        return JSONError(
            .missingMember("\(key)"), offset: position, path: parent.isEmpty ? "\(key)" : "\(parent).\(key)")
    }
}

/// What a JSON value is, as its first byte tells.
public enum JSONKind: String, Equatable, Sendable, CustomStringConvertible {
    case null
    case bool = "true or false"
    case number = "a number"
    case string = "a string"
    case array = "an array"
    case object = "an object"

    public var description: String { rawValue }
}

/// What a reader accepts beyond the grammar.
public struct JSONLimits: Equatable, Sendable {
    /// How many arrays and objects may be open at once. Reading uses the stack for each, so this bounds it.
    public var depth: Int
    /// Whether ``JSONReader/skipOrRefuse(_:)`` skips, and ``JSONReader/passOrRefuse(word:)`` lets words pass. A server refuses what it does not know, since it cannot do it; a
    /// client skips it, since a newer server may say more.
    public var skipsUnknownMembers: Bool
    /// Whether ``JSONReader/skipValue()`` refuses a number that cannot be held. Without, it looks at the number's form
    /// alone: whoever reads the value later refuses the number, and knows its name.
    public var checksSkippedNumbers: Bool
    /// The most combining marks in a row in a key or a string; more are refused. Swift's strings sort them whenever they
    /// are compared or hashed, which takes the square of their number: who reads what anybody may have written sets 30, as
    /// the Stream-Safe Text Format (UAX #15) does.
    public var marksInARow: Int

    public init(
        depth: Int = 128, skipsUnknownMembers: Bool = false, checksSkippedNumbers: Bool = true, marksInARow: Int = .max
    ) {
        self.depth = depth
        self.marksInARow = marksInARow
        self.skipsUnknownMembers = skipsUnknownMembers
        self.checksSkippedNumbers = checksSkippedNumbers
    }

    /// 128 levels, and unknown members are refused.
    public static let `default` = JSONLimits()
}

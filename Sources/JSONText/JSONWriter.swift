// SPDX-License-Identifier: Apache-2.0

/// Writes JSON as UTF-8 bytes, in the order it is told, and sets the commas itself.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.member("name", "logs/web")
///     writer.member("rights", ["read"])
///     writer.endObject()
///
/// The caller keeps keys unique and closes what it opened; neither is checked in release builds.
public struct JSONWriter: Sendable {
    /// How values are laid out.
    public enum Layout: Equatable, Sendable {
        /// No white space.
        case compact
        /// A line for each member and element, two spaces deeper for each level.
        case indented
    }

    /// What has been written.
    public internal(set) var bytes: [UInt8]
    private let layout: Layout
    /// Whether a value stands before the next one in the same array or object.
    private var followsValue = false
    private var depth = 0

    /// An empty writer; `capacity` bytes are set aside at once.
    public init(_ layout: Layout = .compact, capacity: Int = 256) {
        self.layout = layout
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    public mutating func beginObject() { begin(UInt8(ascii: "{")) }
    public mutating func endObject() { end(UInt8(ascii: "}")) }
    public mutating func beginArray() { begin(UInt8(ascii: "[")) }
    public mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Writes the key of the next value.
    public mutating func key(_ key: StaticString) {
        separate()
        key.withUTF8Buffer { appendQuoted($0) }
        endKey()
    }

    /// Writes the key of the next value.
    @_disfavoredOverload  // so that a literal takes the overload above
    public mutating func key(_ key: String) {
        separate()
        appendQuoted(key)
        endKey()
    }

    public mutating func string(_ value: String) {
        separate()
        appendQuoted(value)
        followsValue = true
    }

    /// Writes a string whose bytes somebody else has; where they are no UTF-8, as `String` repairs them.
    public mutating func string(_ value: Span<UInt8>) {
        value.withUnsafeBufferPointer { text in
            if (try? UTF8Span(validating: value)) == nil { return string(String(decoding: text, as: UTF8.self)) }
            separate()
            appendQuoted(text)
            followsValue = true
        }
    }

    @inlinable
    public mutating func integer(_ value: some FixedWidthInteger) {
        if let value = Int64(exactly: value) {
            integer(magnitude: value.magnitude, isNegative: value < 0)
        } else {
            integer(magnitude: UInt64(value), isNegative: false)
        }
    }

    /// Writes the shortest digits that read back as the same number. RFC 8259 has no infinities and no NaN: they are
    /// written as `null`.
    public mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: value.description.utf8)
        followsValue = true
    }

    public mutating func bool(_ value: Bool) {
        literal(value ? "true" : "false")
    }

    public mutating func null() {
        literal("null")
    }

    /// Writes bytes that are one JSON value already. They are not checked, and not laid out anew.
    public mutating func raw(_ value: [UInt8]) {
        separate()
        bytes.append(contentsOf: value)
        followsValue = true
    }

    /// Gives up the bytes without a copy.
    public consuming func finish() -> [UInt8] {
        assert(depth == 0, "an array or object is still open")
        return bytes
    }

    /// Hands out the bytes that were not handed out yet, of a value that is still being written: its parts, one behind the
    /// other, are the whole.
    public mutating func takeBytes() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }

    /// Adds a byte that is no part of a value, such as the NUL behind a message or a line feed.
    public mutating func terminate(with byte: UInt8) {
        assert(depth == 0, "an array or object is still open")
        bytes.append(byte)
        followsValue = false
    }

    @usableFromInline
    mutating func integer(magnitude: UInt64, isNegative: Bool) {
        separate()
        if isNegative { bytes.append(UInt8(ascii: "-")) }
        bytes.appendDigits(of: magnitude)
        followsValue = true
    }

    private mutating func literal(_ text: StaticString) {
        separate()
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        followsValue = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        followsValue = false
        depth += 1
    }

    private mutating func end(_ bracket: UInt8) {
        depth -= 1
        assert(depth >= 0, "nothing is open")
        if followsValue { breakLine() }
        bytes.append(bracket)
        followsValue = true
    }

    private mutating func endKey() {
        bytes.append(UInt8(ascii: ":"))
        if layout == .indented { bytes.append(UInt8(ascii: " ")) }
        followsValue = false
        followsKey = true
    }

    /// Whether the next value belongs to a key, and so stands on its line.
    private var followsKey = false

    /// Writes what must stand before a key or a value.
    private mutating func separate() {
        if followsKey {
            followsKey = false
            return
        }
        if followsValue { bytes.append(UInt8(ascii: ",")) }
        if depth > 0 { breakLine() }
    }

    private mutating func breakLine() {
        guard layout == .indented else { return }
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<(2 * depth) { bytes.append(UInt8(ascii: " ")) }
    }

    /// Writes one value.
    @inlinable
    public mutating func value(_ value: some JSONWritable) {
        value.write(to: &self)
    }

    /// Writes a member of the open object.
    @inlinable
    public mutating func member(_ key: StaticString, _ value: some JSONWritable) {
        self.key(key)
        value.write(to: &self)
    }

    /// Writes a member of the open object, or nothing when there is no value.
    @inlinable
    public mutating func member<Value: JSONWritable>(_ key: StaticString, _ value: Value?) {
        guard let value else { return }
        self.key(key)
        value.write(to: &self)
    }

    mutating func appendQuoted(_ text: String) {
        let isWritten: Void? = text.utf8.withContiguousStorageIfAvailable { appendQuoted($0) }
        if isWritten == nil {
            // Only a string bridged from elsewhere has no contiguous bytes; there are none on Linux.
            var copy = text
            copy.withUTF8 { appendQuoted($0) }
        }
    }

    /// Appends a string in quotes. Only what RFC 8259 demands is escaped: quote, backslash, and bytes below 0x20.
    mutating func appendQuoted(_ text: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        appendEscaping(text)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaping(_ text: UnsafeBufferPointer<UInt8>) {
        if Self.isPlain(text) { return bytes.append(contentsOf: text) }
        // A record within a message has a quote every few bytes. In parts for which there is room on the stack.
        var start = 0
        while start < text.count {
            let end = min(start + 480, text.count)
            let part = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(text)[start..<end])
            let isWritten = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * 480 + 8) { room in
                guard let count = Self.escape(part, into: UnsafeMutableRawBufferPointer(room)) else { return false }
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: room[..<count]))
                return true
            }
            if !isWritten { appendEscapingControls(UnsafeBufferPointer(rebasing: text[start..<end])) }
            start = end
        }
    }

    /// Escapes quotes and backslashes.
    ///
    /// - Parameter room: twice as large, and eight bytes more.
    /// - Returns: how many bytes it came to; nil where others are to be escaped too.
    private static func escape(_ text: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> Int? {
        var (index, end) = (0, 0)
        var controls: UInt64 = 0
        while index + 8 <= text.count {
            let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            room.storeBytes(of: word.littleEndian, toByteOffset: end, as: UInt64.self)
            controls |= word.belowSpace
            let found = word.zeros(0x22) | word.zeros(0x5C)
            let count = found == 0 ? 8 : found.trailingZeroBitCount / 8
            index += count
            end += count
            guard found != 0 else { continue }
            room[end] = UInt8(ascii: "\\")
            room[end + 1] = text[index]
            index += 1
            end += 2
        }
        for byte in text[index...] {
            if byte < 0x20 { return nil }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                room[end] = UInt8(ascii: "\\")
                end += 1
            }
            room[end] = byte
            end += 1
        }
        return controls == 0 ? end : nil
    }

    /// Whether no byte needs an escape: eight bytes at a time.
    private static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var offset = 0
        if let base = UnsafeRawPointer(text.baseAddress) {
            while offset + 8 <= text.count {
                let word = base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                guard word.marks == 0 else { return false }
                offset += 8
            }
        }
        return text[offset...].allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    private mutating func appendEscapingControls(_ text: UnsafeBufferPointer<UInt8>) {
        for byte in text {
            if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                bytes.append(byte)
            } else {
                appendEscape(of: byte)
            }
        }
    }

    private mutating func appendEscape(of byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            let low = byte & 0x0F
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }
}

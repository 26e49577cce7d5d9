// SPDX-License-Identifier: Apache-2.0

/// The way from the whole text to the place of a reader, and the keys of each object on it.
///
/// It tells keys given twice, and names the place of an error. All levels share one array, so that reading a message
/// allocates once.
struct JSONTrail: Sendable {
    /// Small, since there is one for each key of a message.
    private struct Entry {
        enum Kind: UInt8 { case object, array, key, escapedKey }

        var kind: Kind
        /// Of a key: where it begins. Of an array: which element is being read, -1 before the first.
        var start: Int32
        /// Of a key: where it ends.
        var end: Int32

        static let object = Entry(kind: .object, start: 0, end: 0)
        static let array = Entry(kind: .array, start: -1, end: 0)

        static func key(_ key: ScannedString) -> Entry {
            Entry(
                kind: key.hasEscapes ? .escapedKey : .key, start: Int32(truncatingIfNeeded: key.start),
                end: Int32(truncatingIfNeeded: key.end))
        }

        /// The key of the object whose entry is nearest before.
        var key: ScannedString? {
            guard kind == .key || kind == .escapedKey else { return nil }
            return ScannedString(
                start: Int(start), end: Int(end), hasEscapes: kind == .escapedKey, isASCII: false)
        }
    }

    /// From this many keys on a set finds those given twice, so that a hostile text cannot make it take long.
    private static let manyKeys = 24

    private var entries: [Entry] = []
    /// The keys of each object that has many, but for its first ones, by the index of the object's entry.
    private var manyKeys: [Int: Set<JSONKey>] = [:]

    mutating func beginObject() {
        if entries.capacity == 0 { entries.reserveCapacity(32) }
        entries.append(.object)
    }

    mutating func beginArray() {
        if entries.capacity == 0 { entries.reserveCapacity(32) }
        entries.append(.array)
    }

    mutating func nextElement() {
        entries[entries.count - 1].start &+= 1
    }

    /// Forgets the innermost array or object.
    mutating func end() {
        var count = entries.count - 1
        while entries[count].key != nil { count -= 1 }
        entries.removeSubrange(count...)
        if !manyKeys.isEmpty { manyKeys[count] = nil }
    }

    /// Notes a key of the innermost object; `false` if the object has it already.
    mutating func insert(_ key: ScannedString, of bytes: [UInt8]) -> Bool {
        var index = entries.count - 1
        while let other = entries[index].key {
            if Self.isEqual(key, other, of: bytes) {
                // The reader is of no further use, but the path leads to this key.
                entries[entries.count - 1] = .key(key)
                return false
            }
            index -= 1
        }
        let count = entries.count - 1 - index
        if count <= Self.manyKeys {
            entries.append(.key(key))
        } else {
            // The last entry is the one for all further keys.
            entries[entries.count - 1] = .key(key)
        }
        guard count >= Self.manyKeys else { return true }
        return manyKeys[index, default: []].insert(JSONKey(JSONReader.string(key, of: bytes))).inserted
    }

    private static func isEqual(_ key: ScannedString, _ other: ScannedString, of bytes: [UInt8]) -> Bool {
        if key.hasEscapes || other.hasEscapes {
            // No further than to the first difference: a short key costs no more beside a long one.
            return UnescapedBytes(key, of: bytes).elementsEqual(UnescapedBytes(other, of: bytes))
        }
        let count = key.end - key.start
        guard count == other.end - other.start else { return false }
        for offset in 0..<count where bytes[key.start + offset] != bytes[other.start + offset] { return false }
        return true
    }

    /// The path to the value that is being read, such as `requests[1].name`.
    func path(of bytes: [UInt8]) -> String {
        var path = ""
        var latestKey: ScannedString?
        func addKey() {
            guard let key = latestKey else { return }
            if !path.isEmpty { path += "." }
            path += JSONReader.string(key, of: bytes)
            latestKey = nil
        }
        for entry in entries {
            switch entry.kind {
            case .key, .escapedKey: latestKey = entry.key
            case .object: addKey()
            case .array:
                addKey()
                if entry.start >= 0 { path += "[\(entry.start)]" }
            }
        }
        addKey()
        return path
    }
}

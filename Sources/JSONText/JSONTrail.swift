// SPDX-License-Identifier: Apache-2.0

/// The way from the whole text to the place of a reader, and the keys of each object on it.
///
/// It tells keys given twice, and names the place of an error. All levels share one array, so that reading a message
/// allocates once.
struct JSONTrail: Sendable {
    private enum Entry {
        case object
        /// An array, and which of its elements is being read; -1 before the first.
        case array(element: Int)
        /// A key of the object whose entry is nearest before.
        case key(ScannedString)
    }

    /// From this many keys on a set finds those given twice, so that a hostile text cannot make it take long.
    private static let manyKeys = 24

    private var entries: [Entry] = []
    /// The keys of each object that has many, by the index of the object's entry.
    private var manyKeys: [Int: Set<JSONKey>] = [:]

    mutating func beginObject() {
        if entries.capacity == 0 { entries.reserveCapacity(16) }
        entries.append(.object)
    }

    mutating func beginArray() {
        if entries.capacity == 0 { entries.reserveCapacity(16) }
        entries.append(.array(element: -1))
    }

    mutating func nextElement() {
        if case .array(let element) = entries[entries.count - 1] {
            entries[entries.count - 1] = .array(element: element + 1)
        }
    }

    /// Forgets the innermost array or object.
    mutating func end() {
        while case .key? = entries.last { entries.removeLast() }
        entries.removeLast()
        if !manyKeys.isEmpty { manyKeys[entries.count] = nil }
    }

    /// Notes a key of the innermost object; `false` if the object has it already.
    mutating func insert(_ key: ScannedString, text: String, in bytes: [UInt8]) -> Bool {
        var index = entries.count - 1
        while case .key(let other) = entries[index] {
            if isEqual(key, other, text: text, in: bytes) { return false }
            index -= 1
        }
        guard entries.count - index > Self.manyKeys else {
            entries.append(.key(key))
            return true
        }
        // `entries` keeps the first keys, the set has the others.
        if entries.count - index == Self.manyKeys + 1 { entries.append(.key(key)) }
        entries[entries.count - 1] = .key(key)
        return manyKeys[index, default: []].insert(JSONKey(text)).inserted
    }

    private func isEqual(_ key: ScannedString, _ other: ScannedString, text: String, in bytes: [UInt8]) -> Bool {
        if key.hasEscapes || other.hasEscapes {
            return JSONKey(text) == JSONKey(JSONReader(bytes).string(other))
        }
        guard key.end - key.start == other.end - other.start else { return false }
        for offset in 0..<(key.end - key.start) where bytes[key.start + offset] != bytes[other.start + offset] {
            return false
        }
        return true
    }

    /// The path to the value that is being read, such as `requests[1].name`.
    func path(in reader: JSONReader) -> String {
        var path = ""
        var latestKey: ScannedString?
        func addKey() {
            guard let key = latestKey else { return }
            if !path.isEmpty { path += "." }
            path += reader.string(key)
            latestKey = nil
        }
        for entry in entries {
            switch entry {
            case .key(let key): latestKey = key
            case .object: addKey()
            case .array(let element):
                addKey()
                if element >= 0 { path += "[\(element)]" }
            }
        }
        addKey()
        return path
    }
}

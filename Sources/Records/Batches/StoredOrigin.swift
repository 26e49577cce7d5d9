// SPDX-License-Identifier: Apache-2.0

/// A name and key under which the log has signed, from some record on.
package struct StoredOrigin: Sendable, Hashable {
    /// Counts from 1.
    package var number: Int
    /// The origin line of its checkpoints.
    package var name: String
    /// The verifier key (C2SP signed-note).
    package var key: String
    /// The index of the record that began it.
    package var record: UInt64

    package init(number: Int, name: String, key: String, record: UInt64) {
        self.number = number
        self.name = name
        self.key = key
        self.record = record
    }

    /// The same, begun by another record.
    package func begun(by record: UInt64) -> StoredOrigin {
        var origin = self
        origin.record = record
        return origin
    }

    /// What a log is called when it goes on after `name`: `NAME/2`, and so on.
    package static func name(after name: String) -> String {
        guard let slash = name.lastIndex(of: "/"), let number = Int(name[name.index(after: slash)...]), number > 1,
            number < Int.max
        else { return "\(name)/2" }
        return "\(name[..<slash])/\(number + 1)"
    }
}

/// A signed checkpoint as the database keeps it.
package struct StoredCheckpoint: Sendable, Hashable {
    package var size: UInt64
    /// The note as it was signed, without cosignatures.
    package var note: String

    package init(size: UInt64, note: String) {
        self.size = size
        self.note = note
    }
}

// SPDX-License-Identifier: Apache-2.0

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

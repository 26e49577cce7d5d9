// SPDX-License-Identifier: Apache-2.0

/// What a log says of itself: its origin, its size and the root over it (C2SP tlog-checkpoint).
package struct Checkpoint: Sendable, Hashable {
    /// The name of the log.
    package var origin: String
    package var size: UInt64
    package var root: TreeHash
    /// Further lines, kept as they are.
    package var extensions: [String] = []

    package init(origin: String, size: UInt64, root: TreeHash) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Reads the text of a note, which ends in a newline.
    package init(parsing text: String) throws(NoteError) {
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Substring.init)
        guard lines.count >= 4, lines.last == "", !lines.dropLast().contains("") else {
            throw .malformed("a checkpoint has three lines or more, none of them empty")
        }
        guard let size = Self.number(lines[1]) else {
            throw .malformed("the checkpoint's size \(lines[1].debugDescription) is no number")
        }
        guard let bytes = Base64.decode(lines[2]), let root = TreeHash(bytes) else {
            throw .malformed("the checkpoint's root is no SHA-256 hash in base 64")
        }
        self.init(origin: String(lines[0]), size: size, root: root)
        extensions = lines[3..<(lines.count - 1)].map(String.init)
    }

    /// Reads and verifies a published checkpoint of a log whose key is trusted.
    package init(verifying note: SignedNote, origin: String, keys: [NoteKey]) throws(NoteError) {
        _ = try note.verify(with: keys)
        try self.init(parsing: note.text)
        guard self.origin == origin else { throw .otherOrigin(found: self.origin, expected: origin) }
    }

    /// The text that is signed.
    package var text: String {
        "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" + extensions.map { "\($0)\n" }.joined()
    }

    /// Signs the checkpoint; its commit has returned by then.
    package func signed(by signer: NoteSigner) throws(NoteError) -> SignedNote {
        try SignedNote(text: text, signer: signer)
    }

    /// A decimal number without leading zeros.
    static func number(_ text: Substring) -> UInt64? {
        guard text == "0" || text.utf8.first.map({ (0x31...0x39).contains($0) }) == true,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return UInt64(text)
    }
}

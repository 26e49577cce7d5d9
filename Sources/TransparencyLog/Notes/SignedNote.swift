// SPDX-License-Identifier: Apache-2.0

/// A text with signatures (C2SP signed-note).
///
/// The text of a note means nothing until ``verify(with:)`` has found a signature by a trusted key.
package struct SignedNote: Sendable, Hashable {
    /// The most signatures of a note.
    package static let signatureLimit = 64
    /// The most bytes of a note that is read.
    package static let byteLimit = 1 << 20

    /// What is signed; ends in a newline.
    package let text: String
    package private(set) var signatures: [NoteSignature]

    /// - Throws: where the text does not end in a newline or has control characters.
    package init(text: String, signatures: [NoteSignature]) throws(NoteError) {
        guard text.utf8.last == UInt8(ascii: "\n") else {
            throw .malformed("the note's text does not end in a newline")
        }
        guard !text.utf8.contains(where: { $0 < 0x20 && $0 != UInt8(ascii: "\n") }) else {
            throw .malformed("the note has control characters")
        }
        self.text = text
        self.signatures = signatures
    }

    package init(text: String, signer: NoteSigner) throws(NoteError) {
        try self.init(text: text, signatures: [signer.sign(text)])
    }

    /// Reads a note as it is published.
    package init(parsing bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.byteLimit else { throw .malformed("the note is longer than a mebibyte") }
        guard let note = String(validating: bytes, as: UTF8.self) else { throw .malformed("the note is not UTF-8") }
        try self.init(parsing: note)
    }

    package init(parsing note: String) throws(NoteError) {
        // The last empty line divides the text, which may have others, from the signatures.
        let lines = note.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Substring.init)
        guard lines.last == "", let divide = lines.dropLast().lastIndex(of: ""), divide > 0 else {
            throw .malformed("the note does not end in an empty line and signatures")
        }
        let signatures = lines[(divide + 1)..<(lines.count - 1)]
        guard !signatures.isEmpty, signatures.count <= Self.signatureLimit else {
            throw .malformed("the note has \(signatures.count) signatures")
        }
        var parsed: [NoteSignature] = []
        for line in signatures { parsed.append(try NoteSignature(line: line)) }
        try self.init(text: lines[..<divide].joined(separator: "\n") + "\n", signatures: parsed)
    }

    /// The note as it is published.
    package var published: String {
        "\(text)\n" + signatures.map { "\($0.line)\n" }.joined()
    }

    /// The keys by which the note is signed, among those that are trusted; at least one.
    ///
    /// Signatures by other keys are ignored, also those that share only the name or only the id with a trusted one.
    ///
    /// - Throws: where there is none, and where one claims to be by a trusted key and is not.
    package func verify(with keys: [NoteKey]) throws(NoteError) -> [NoteKey] {
        var found: [NoteKey] = []
        for signature in signatures {
            guard let key = keys.first(where: { $0.name == signature.name && $0.id == signature.keyID }) else {
                continue
            }
            guard key.verify(signature.signature, over: text) else { throw .badSignature(name: key.name) }
            if !found.contains(key) { found.append(key) }
        }
        guard !found.isEmpty else { throw .untrusted(names: signatures.map(\.name)) }
        return found
    }

    /// Adds the signatures of another copy of the same note, such as a witness's.
    package mutating func add(_ others: [NoteSignature]) {
        for signature in others where !signatures.contains(signature) { signatures.append(signature) }
    }
}

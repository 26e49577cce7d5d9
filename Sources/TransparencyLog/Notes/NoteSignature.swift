// SPDX-License-Identifier: Apache-2.0

/// One signature of a note: by which key it claims to be, and its bytes.
package struct NoteSignature: Sendable, Hashable {
    package var name: String
    package var keyID: UInt32
    /// Without the key id.
    package var signature: [UInt8]

    package init(name: String, keyID: UInt32, signature: [UInt8]) {
        self.name = name
        self.keyID = keyID
        self.signature = signature
    }

    /// The signature line, without its newline: `— name base64(key id ‖ signature)`.
    package var line: String {
        let id = (0..<4).map { UInt8(truncatingIfNeeded: keyID >> (24 - 8 * $0)) }
        return "— \(name) \(Base64.encode(id + signature))"
    }

    /// Reads a signature line, without its newline.
    package init(line: Substring) throws(NoteError) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "—", NoteKey.isValid(String(parts[1])),
            let bytes = Base64.decode(parts[2]), bytes.count > 4
        else { throw .malformed("the note has a line among its signatures that is none") }
        name = String(parts[1])
        keyID = bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        signature = Array(bytes.dropFirst(4))
    }

    /// When a witness made this; nil for another kind of signature.
    package var cosignatureTime: UInt64? { Cosignature.split(signature)?.time }
}

// SPDX-License-Identifier: Apache-2.0

internal import Crypto

/// What verifies signatures of a note: a name, an algorithm and a public key (C2SP signed-note).
package struct NoteKey: Sendable, Hashable, CustomStringConvertible {
    package enum Algorithm: UInt8, Sendable {
        /// Ed25519 over the text of the note.
        case ed25519 = 1
        /// Ed25519 over a time and the text: a witness's (C2SP tlog-cosignature).
        case cosignature = 4
    }

    package let name: String
    package let algorithm: Algorithm
    /// 32 bytes.
    package let publicKey: [UInt8]
    /// The first bytes of a hash over all of the above, big-endian.
    package let id: UInt32

    /// - Throws: where the name has a space or a plus sign, or the key is not 32 bytes.
    package init(name: String, algorithm: Algorithm = .ed25519, publicKey: [UInt8]) throws(NoteError) {
        guard Self.isValid(name) else {
            throw .malformed("the key name \(name.debugDescription) is empty or has a space or a plus sign")
        }
        guard publicKey.count == 32 else {
            throw .malformed("an Ed25519 key has 32 bytes, not \(publicKey.count)")
        }
        self.name = name
        self.algorithm = algorithm
        self.publicKey = publicKey
        let digest = TreeHash.digest(of: Array(name.utf8) + [0x0A, algorithm.rawValue] + publicKey)
        id = UInt32(bytes: digest.bytes.prefix(4))
    }

    /// Reads a verifier key: `name+id+base64(algorithm ‖ public key)`.
    package init(_ text: String) throws(NoteError) {
        let parts = text.unicodeScalars.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false).map(
            Substring.init)
        guard parts.count == 3, let id = Hexadecimal.decode(String(parts[1])), id.count == 4,
            let key = Base64.decode(parts[2]), let first = key.first
        else { throw .malformed("a verifier key has the form name+id+key") }
        guard let algorithm = Algorithm(rawValue: first) else {
            throw .malformed("the verifier key is of the unknown kind \(first)")
        }
        try self.init(name: String(parts[0]), algorithm: algorithm, publicKey: Array(key.dropFirst()))
        guard Hexadecimal.encode(self.id.bytes) == parts[1] else {
            throw .malformed("the verifier key's id does not fit its name and key")
        }
    }

    /// The verifier key as a text.
    package var description: String {
        "\(name)+\(Hexadecimal.encode(id.bytes))+\(Base64.encode([algorithm.rawValue] + publicKey))"
    }

    static func isValid(_ name: String) -> Bool {
        !name.isEmpty && !name.unicodeScalars.contains { $0 == "+" || $0.properties.isWhitespace || $0.value < 0x20 }
    }

    /// Whether the signature, without its key id, is this key's over the text.
    func verify(_ signature: [UInt8], over text: String) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        switch algorithm {
        case .ed25519: return key.isValidSignature(signature, for: Array(text.utf8))
        case .cosignature:
            guard let (time, rest) = Cosignature.split(signature) else { return false }
            return key.isValidSignature(rest, for: Cosignature.message(time: time, text: text))
        }
    }
}

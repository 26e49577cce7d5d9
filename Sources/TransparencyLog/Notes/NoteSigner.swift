// SPDX-License-Identifier: Apache-2.0

internal import Crypto

/// What signs notes: a name and an Ed25519 key (RFC 8032).
package struct NoteSigner: Sendable {
    /// Verifies what this signs.
    package let key: NoteKey
    private let privateKey: Curve25519.Signing.PrivateKey

    /// A new key.
    package init(name: String) throws(NoteError) {
        try self.init(name: name, privateKey: Curve25519.Signing.PrivateKey())
    }

    /// The key that a seed of 32 bytes makes.
    package init(name: String, algorithm: NoteKey.Algorithm = .ed25519, seed: [UInt8]) throws(NoteError) {
        guard let privateKey = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw .malformed("the seed of an Ed25519 key has 32 bytes, not \(seed.count)")
        }
        try self.init(name: name, algorithm: algorithm, privateKey: privateKey)
    }

    /// Reads a key as ``text`` writes it.
    package init(_ text: String) throws(NoteError) {
        let parts = text.unicodeScalars.split(separator: "+", maxSplits: 4, omittingEmptySubsequences: false).map(
            Substring.init)
        guard parts.count == 5, parts[0] == "PRIVATE", parts[1] == "KEY", let bytes = Base64.decode(parts[4]),
            let first = bytes.first, let algorithm = NoteKey.Algorithm(rawValue: first)
        else { throw .malformed("a signing key has the form PRIVATE+KEY+name+id+key") }
        try self.init(name: String(parts[2]), algorithm: algorithm, seed: Array(bytes.dropFirst()))
        guard Hexadecimal.encode(key.id.bytes) == parts[3] else {
            throw .malformed("the signing key's id does not fit its name and key")
        }
    }

    /// The same key under another name, by which it gets another id too.
    package func renamed(_ name: String) throws(NoteError) -> NoteSigner {
        try NoteSigner(name: name, algorithm: key.algorithm, privateKey: privateKey)
    }

    private init(
        name: String, algorithm: NoteKey.Algorithm = .ed25519, privateKey: Curve25519.Signing.PrivateKey
    ) throws(NoteError) {
        self.privateKey = privateKey
        key = try NoteKey(name: name, algorithm: algorithm, publicKey: Array(privateKey.publicKey.rawRepresentation))
    }

    /// The secret, in the form that Go's `note` package and the tools around it read: `PRIVATE+KEY+name+id+key`.
    package var text: String {
        let bytes = [key.algorithm.rawValue] + Array(privateKey.rawRepresentation)
        return "PRIVATE+KEY+\(key.name)+\(Hexadecimal.encode(key.id.bytes))+\(Base64.encode(bytes))"
    }

    /// Signs a text that ends in a newline.
    ///
    /// - Parameter time: for a cosignature, when it is made, in seconds since the Epoch.
    package func sign(_ text: String, time: UInt64 = 0) -> NoteSignature {
        let (message, prefix) =
            switch key.algorithm {
            case .ed25519: (Array(text.utf8), [UInt8]())
            case .cosignature: (Cosignature.message(time: time, text: text), time.bytes)
            }
        guard let signature = try? privateKey.signature(for: message) else {
            // BoringSSL signs any message with any key; the call throws only on other platforms.
            preconditionFailure("an Ed25519 key could not sign")
        }
        return NoteSignature(name: key.name, keyID: key.id, signature: prefix + Array(signature))
    }
}

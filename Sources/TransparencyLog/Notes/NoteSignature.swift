// SPDX-License-Identifier: Apache-2.0

/// One signature of a note: by which key it claims to be, and its bytes.
package struct NoteSignature: Sendable, Hashable {
    package var name: String
    package var keyID: UInt32
    /// Without the key id.
    package var signature: [UInt8]

    /// The signature line, without its newline: `— name base64(key id ‖ signature)`.
    package var line: String {
        "— \(name) \(Base64.encode(keyID.bytes + signature))"
    }
}

extension NoteSignature {
    /// Reads a signature line, without its newline.
    package init(line: Substring) throws(NoteError) {
        let parts = line.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false).map(Substring.init)
        guard parts.count == 3, parts[0] == "—", NoteKey.isValid(String(parts[1])),
            let bytes = Base64.decode(parts[2]), bytes.count > 4
        else { throw .malformed("the note has a line among its signatures that is none") }
        name = String(parts[1])
        keyID = UInt32(bytes: bytes.prefix(4))
        signature = Array(bytes.dropFirst(4))
    }
}

/// The form of a witness's Ed25519 signature (C2SP tlog-cosignature): a time, and a signature over that time and the
/// checkpoint's text.
enum Cosignature {
    static func message(time: UInt64, text: String) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
    }

    static func split(_ signature: [UInt8]) -> (time: UInt64, signature: [UInt8])? {
        guard signature.count == 8 + 64 else { return nil }
        let time = UInt64(bytes: signature.prefix(8))
        return time <= UInt64(Int64.max) ? (time, Array(signature.dropFirst(8))) : nil
    }
}

/// Numbers as notes have them: big-endian.
extension FixedWidthInteger {
    var bytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

    init(bytes: some Sequence<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | Self($1) }
    }
}

// SPDX-License-Identifier: Apache-2.0

internal import TransparencyLog

/// The form of one slot of `STATE/revoked`: a page with a checksum of its own.
///
/// Magic (4 bytes), length of the text (4), id (8), text, zeros, and at the end the SHA-256 of everything before it.
/// Numbers are little-endian.
enum RevocationSlot {
    static let byteCount = 4096
    private static let headerCount = 16
    static let textLimit = byteCount - headerCount - TreeHash.byteCount

    private static let magic: UInt32 = 0x3176_7672

    /// A slot with nothing in it.
    static var free: [UInt8] { [UInt8](repeating: 0, count: byteCount) }

    static func encode(_ revocation: RevocationJournal.Revocation) -> [UInt8] {
        let text = Array(revocation.text.utf8)
        precondition(text.count <= textLimit, "the text does not fit into a slot")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        withUnsafeBytes(of: magic.littleEndian) { bytes += $0 }
        withUnsafeBytes(of: UInt32(text.count).littleEndian) { bytes += $0 }
        withUnsafeBytes(of: revocation.id.littleEndian) { bytes += $0 }
        bytes += text
        bytes += [UInt8](repeating: 0, count: byteCount - TreeHash.byteCount - bytes.count)
        bytes += TreeHash.digest(of: bytes).bytes
        return bytes
    }

    /// Nil where the slot is free or was not written to its end.
    static func decode(_ bytes: [UInt8]) -> RevocationJournal.Revocation? {
        guard bytes.count == byteCount else { return nil }
        let body = Array(bytes.prefix(byteCount - TreeHash.byteCount))
        guard TreeHash.digest(of: body).bytes == Array(bytes.suffix(TreeHash.byteCount)) else { return nil }
        let (magic, length, id) = body.withUnsafeBytes { buffer in
            (
                UInt32(littleEndian: buffer.loadUnaligned(as: UInt32.self)),
                Int(UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: 4, as: UInt32.self))),
                UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        guard magic == Self.magic, length <= textLimit else { return nil }
        let text = String(decoding: body[headerCount..<headerCount + length], as: UTF8.self)
        return RevocationJournal.Revocation(id: id, text: text)
    }
}

// SPDX-License-Identifier: Apache-2.0

internal import Crypto

/// A SHA-256 value: a node of a Merkle tree, or the digest of some bytes.
///
/// Arrays of it are contiguous, 32 bytes each, in the byte order of the digest.
package struct TreeHash: Sendable, Hashable {
    package static let byteCount = 32

    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// Nil unless there are exactly 32 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        words = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    private init(_ digest: SHA256.Digest) {
        words = digest.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
    }

    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// 64 lowercase digits.
    package var hexadecimal: String { withUnsafeBytes { Hexadecimal.encode($0) } }

    /// As notes and proofs write it.
    package var base64: String { Base64.encode(bytes) }

    package func withUnsafeBytes<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try Swift.withUnsafeBytes(of: words, body)
    }

    package static func == (a: TreeHash, b: TreeHash) -> Bool { a.words == b.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
    }
}

extension TreeHash {
    /// The root of a tree without leaves: the hash of nothing (RFC 6962, 2.1).
    package static let empty = TreeHash.digest(of: [])

    /// The plain SHA-256 of some bytes, without a prefix.
    package static func digest(of bytes: [UInt8]) -> TreeHash {
        bytes.withUnsafeBytes { digest(of: $0) }
    }

    package static func digest(of bytes: UnsafeRawBufferPointer) -> TreeHash {
        var function = SHA256()
        function.update(bufferPointer: bytes)
        return TreeHash(function.finalize())
    }

    /// The same in lowercase hexadecimal.
    package static func hexadecimalDigest(of bytes: [UInt8]) -> String { digest(of: bytes).hexadecimal }

    /// The hash of a leaf: SHA-256 over 0x00 and the leaf's bytes (RFC 6962, 2.1).
    package static func leaf(_ bytes: [UInt8]) -> TreeHash {
        bytes.withUnsafeBytes { leaf($0) }
    }

    package static func leaf(_ bytes: UnsafeRawBufferPointer) -> TreeHash {
        // In one piece where it has a record's usual size: to hash the prefix by itself takes longer than the copy.
        let usual = 1024
        guard bytes.count < usual else {
            var function = SHA256()
            Swift.withUnsafeBytes(of: UInt8(0)) { function.update(bufferPointer: $0) }
            function.update(bufferPointer: bytes)
            return TreeHash(function.finalize())
        }
        return withUnsafeTemporaryAllocation(byteCount: usual, alignment: 1) { buffer in
            buffer[0] = 0
            UnsafeMutableRawBufferPointer(rebasing: buffer[1...]).copyMemory(from: bytes)
            return digest(of: UnsafeRawBufferPointer(rebasing: buffer[...bytes.count]))
        }
    }

    /// The hash of an inner node: SHA-256 over 0x01 and the hashes below it (RFC 6962, 2.1).
    package static func node(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * byteCount, alignment: 1) { buffer in
            buffer.storeBytes(of: 1, as: UInt8.self)
            buffer.storeBytes(of: left.words, toByteOffset: 1, as: (UInt64, UInt64, UInt64, UInt64).self)
            buffer.storeBytes(of: right.words, toByteOffset: 1 + byteCount, as: (UInt64, UInt64, UInt64, UInt64).self)
            return digest(of: UnsafeRawBufferPointer(buffer))
        }
    }

    /// The root over leaves (RFC 6962, 2.1), or over the roots of perfect trees of one height that lie beside one another
    /// and that the tree to their right, if there is one, is no higher than: such a tree is split nowhere else.
    package static func root(of hashes: ArraySlice<TreeHash>) -> TreeHash {
        if hashes.isEmpty { return .empty }
        let half = 1 << (Int.bitWidth - 1 - hashes.count.leadingZeroBitCount)
        if half == hashes.count { return perfectRoot(of: hashes) }
        return .node(perfectRoot(of: hashes.prefix(half)), root(of: hashes.dropFirst(half)))
    }

    /// The root over a power of two of hashes that lie beside one another at one height.
    package static func perfectRoot(of hashes: ArraySlice<TreeHash>) -> TreeHash {
        precondition(hashes.count > 0 && hashes.count & (hashes.count - 1) == 0, "not a power of two")
        var row = Array(hashes)
        while row.count > 1 {
            for i in 0..<row.count / 2 {
                row[i] = node(row[2 * i], row[2 * i + 1])
            }
            row.removeLast(row.count / 2)
        }
        return row[0]
    }
}

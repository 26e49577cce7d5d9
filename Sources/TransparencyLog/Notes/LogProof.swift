// SPDX-License-Identifier: Apache-2.0

/// A receipt: that one record is in a log, checkable without the log (C2SP tlog-proof).
package struct LogProof: Sendable, Hashable {
    private static let header = "c2sp.org/tlog-proof@v1"
    /// The longest path of a tree whose size is a 64-bit number.
    private static let pathLimit = 64

    package var index: UInt64
    /// The siblings on the way from the leaf to the root.
    package var path: [TreeHash]
    /// Anything that goes with it; nothing vouches for it.
    package var extra: [UInt8]?
    /// The checkpoint that the path leads to.
    package var checkpoint: SignedNote

    package init(index: UInt64, path: [TreeHash], extra: [UInt8]? = nil, checkpoint: SignedNote) {
        self.index = index
        self.path = path
        self.extra = extra
        self.checkpoint = checkpoint
    }

    /// Reads a receipt.
    package init(parsing text: String) throws(NoteError) {
        guard let end = text.firstRange(of: "\n\n") else { throw .malformed("the receipt has no checkpoint") }
        var lines = text[..<end.lowerBound].unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(
            Substring.init)[...]
        guard lines.popFirst() == Self.header[...] else { throw .malformed("a receipt begins with \(Self.header)") }
        if let line = lines.first, line.hasPrefix("extra ") {
            guard let bytes = Base64.decode(line.dropFirst(6)) else {
                throw .malformed("the receipt's extra data is not in base 64")
            }
            extra = bytes
            lines.removeFirst()
        }
        guard let line = lines.popFirst(), line.hasPrefix("index "), let index = Checkpoint.number(line.dropFirst(6))
        else { throw .malformed("the receipt does not say which record it is about") }
        guard lines.count <= Self.pathLimit else { throw .malformed("the receipt's path is too long") }
        self.index = index
        path = []
        for line in lines {
            guard let bytes = Base64.decode(line), let hash = TreeHash(bytes) else {
                throw .malformed("the receipt's path has a line that is no hash")
            }
            path.append(hash)
        }
        checkpoint = try SignedNote(parsing: String(text[end.upperBound...]))
    }

    /// The receipt as a text.
    package var text: String {
        var lines = [Self.header]
        if let extra { lines.append("extra \(Base64.encode(extra))") }
        lines.append("index \(index)")
        lines += path.map { Base64.encode($0.bytes) }
        return lines.joined(separator: "\n") + "\n\n" + checkpoint.published
    }

    /// Checks that the log, whose key is trusted, has this record at this index; gives the checkpoint that says so.
    package func verify(leaf: [UInt8], origin: String, keys: [NoteKey]) throws(NoteError) -> Checkpoint {
        let head = try Checkpoint(verifying: checkpoint, origin: origin, keys: keys)
        let proof = InclusionProof(index: index, size: head.size, path: path)
        guard proof.proves(.leaf(leaf), in: head.root) else { throw .notIncluded(index: index) }
        return head
    }
}

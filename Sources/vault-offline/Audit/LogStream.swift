// SPDX-License-Identifier: Apache-2.0

import Records
import TerminalKit
import TransparencyLog
import VaultLedger

/// A log that comes as lines: an archive, or what the broker exports. Reads it once, in order.
struct LogStream {
    /// What comes, one after the other.
    enum Item {
        /// Of 256 records that were pruned.
        case tile(index: UInt64, hashes: [TreeHash])
        /// The bytes are there until the visitor returns.
        case record(index: UInt64, UnsafeRawBufferPointer)
    }

    let header: ArchiveHeader
    private let lines: LineReader

    /// - Parameter path: `-` is standard input.
    init(_ path: String) throws {
        lines = try LineReader(path)
        guard let header = try lines.next({ try ArchiveHeader($0) }) else {
            throw Failure(
                .unverified, "\(path): this is no archive of a log: it is empty",
                next: "a file that 'vault audit export --format archive' or 'vault audit prune' wrote")
        }
        self.header = header
    }

    /// Visits everything that is there.
    /// - Returns: what is wrong with the order of it; the first such thing ends the reading.
    func read(progress: (UInt64) -> Void = { _ in }, _ visit: (Item) throws -> Void) throws -> Finding? {
        var next = header.from
        var finding: Finding?
        var hasTexts = false
        while finding == nil {
            let isLine: Void? = try lines.next { line in
                if TileLine.isOne(line) {
                    guard let tile = TileLine(line), next.isMultiple(of: 256), tile.index == next / 256,
                        next + 256 <= header.to
                    else {
                        finding = Finding(
                            record: next, "the hashes from record \(next) on are not those of 256 records")
                        return
                    }
                    guard !hasTexts else {
                        finding = Finding(
                            record: next,
                            "the texts from record \(next) on are missing, and those before them are there")
                        return
                    }
                    try visit(.tile(index: tile.index, hashes: tile.hashes))
                    next += 256
                } else if let found = Self.place(of: line, expected: next, end: header.to) {
                    finding = found
                } else {
                    hasTexts = true
                    try visit(.record(index: next, line))
                    next += 1
                }
                if next.isMultiple(of: 4096) { progress(next) }
            }
            if isLine == nil { break }
        }
        if finding == nil, next < header.to {
            let isCut = lines.endsWithinALine ? ", and record \(next) itself is cut off" : ""
            finding = Finding(
                record: next, "the records from \(next) to \(header.to - 1) are missing at the end\(isCut)")
        }
        progress(next)
        return finding
    }

    /// Every record says which one it is.
    private static func place(of line: UnsafeRawBufferPointer, expected: UInt64, end: UInt64) -> Finding? {
        let says = LeafPrefix.index(of: line)
        if expected >= end {
            return Finding(record: expected, "record \(expected) was added: the log does not reach so far")
        }
        guard let says, says != expected else { return nil }
        return says > expected
            ? Finding(record: expected, "record \(expected) is missing: record \(says) stands in its place")
            : Finding(record: expected, "record \(expected) is out of its place: record \(says) stands there")
    }
}

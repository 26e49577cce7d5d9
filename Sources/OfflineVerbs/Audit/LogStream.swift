// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import JSONText
import Records
import SystemPackage
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
                            record: next, message: "the hashes from record \(next) on are not those of 256 records")
                        return
                    }
                    guard !hasTexts else {
                        finding = Finding(
                            record: next,
                            message: "the texts from record \(next) on are missing, and those before them are there")
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
                record: next, message: "the records from \(next) to \(header.to - 1) are missing at the end\(isCut)")
        }
        progress(next)
        return finding
    }

    /// Every record says which one it is.
    private static func place(of line: UnsafeRawBufferPointer, expected: UInt64, end: UInt64) -> Finding? {
        let says = LeafPrefix.index(of: line)
        if expected >= end {
            return Finding(record: expected, message: "record \(expected) was added: the log does not reach so far")
        }
        guard let says, says != expected else { return nil }
        return says > expected
            ? Finding(record: expected, message: "record \(expected) is missing: record \(says) stands in its place")
            : Finding(record: expected, message: "record \(expected) is out of its place: record \(says) stands there")
    }
}

/// The first line of an archive, or of a log that is streamed: what follows, and which checkpoint it is to fit.
struct ArchiveHeader {
    var origin: String
    /// The first record whose bytes may be there: the texts of those before were pruned already.
    var from: UInt64
    /// The record before which it ends.
    var to: UInt64
    /// The key that the log says is its own.
    var key: String
    var checkpoint: String
    /// That the tree of `to` records is the beginning of the one of the checkpoint.
    var consistency: [TreeHash]
    /// The roots of the perfect subtrees over the records before `from`, from left to right.
    var before: [TreeHash]

    /// - Throws: `Failure` for anything else.
    init(_ line: UnsafeRawBufferPointer) throws {
        guard let object = try? JSONObject(parsing: Array(line)), object["archive"]?.integer == 1,
            let origin = object["origin"]?.string, let key = object["key"]?.string,
            let from = object["from"]?.integer.flatMap(UInt64.init(exactly:)),
            let to = object["to"]?.integer.flatMap(UInt64.init(exactly:)), from <= to, to < UInt64(Int64.max),
            let checkpoint = object["checkpoint"]?.string, let consistency = Self.hashes(object["consistency"]),
            let before = Self.hashes(object["before"] ?? []), before.count == from.nonzeroBitCount
        else {
            throw Failure(
                .unverified, "this is no archive of a log: its first line does not say what it holds",
                next: "a file that 'vault audit export --format archive' or 'vault audit prune' wrote")
        }
        (self.origin, self.from, self.to, self.key) = (origin, from, to, key)
        (self.checkpoint, self.consistency, self.before) = (checkpoint, consistency, before)
    }

    /// The line, with its line feed.
    var line: [UInt8] {
        var object: JSONObject = [
            "archive": 1, "origin": .string(origin), "from": .integer(Int64(from)), "to": .integer(Int64(to)),
            "key": .string(key), "checkpoint": .string(checkpoint), "consistency": Self.value(consistency),
        ]
        if !before.isEmpty { object["before"] = Self.value(before) }
        return object.jsonBytes() + [0x0A]
    }

    static func value(_ hashes: [TreeHash]) -> JSONValue {
        .array(hashes.map { .string(Data($0.bytes).base64EncodedString()) })
    }

    private static func hashes(_ value: JSONValue?) -> [TreeHash]? {
        guard let array = value?.array, array.count <= 128 else { return nil }
        let hashes = array.compactMap { $0.string.flatMap { Data(base64Encoded: $0) }.flatMap { TreeHash(Array($0)) } }
        return hashes.count == array.count ? hashes : nil
    }
}

/// Lines of a file or a pipe, one after the other, without a copy.
final class LineReader {
    /// The most bytes of a line: a checkpoint with all its signatures has fewer.
    private static let longest = 4 << 20

    private let descriptor: OwnedDescriptor
    private let name: String
    private var buffer: UnsafeMutableRawBufferPointer
    /// What has been read and not been given out.
    private var rest = 0..<0
    private var isAtEnd = false

    /// - Parameter path: `-` is standard input.
    init(_ path: String) throws {
        name = path == "-" ? "standard input" : path
        descriptor = try Failure.system(path, next: "the path of an archive") { () throws(Errno) in
            path == "-" ? try StandardDescriptor.input.duplicate() : try OwnedDescriptor.open(FilePath(path))
        }
        buffer = .allocate(byteCount: 1 << 20, alignment: 16)
    }

    deinit {
        buffer.deallocate()
    }

    /// Hands over the next line without its line feed; the bytes are there until it returns.
    /// - Returns: nil at the end. What follows the last line feed is no line.
    func next<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result? {
        var searched = rest.lowerBound
        while true {
            // A buffer that is not empty has an address.
            let start = buffer.baseAddress! + searched
            if let found = memchr(start, 0x0A, rest.upperBound - searched) {
                let end = searched + (UnsafeMutableRawPointer(found) - start)
                let line = UnsafeRawBufferPointer(rebasing: buffer[rest.lowerBound..<end])
                rest = end + 1..<rest.upperBound
                return try body(line)
            }
            searched = rest.upperBound
            guard !isAtEnd else { return nil }
            searched -= try fill()
        }
    }

    /// Whether something stands behind the last line feed.
    var endsWithinALine: Bool { isAtEnd && !rest.isEmpty }

    /// - Returns: by how much what is unread moved to the front.
    private func fill() throws -> Int {
        let moved = rest.lowerBound
        if moved > 0 {
            // Both have an address, as above.
            memmove(buffer.baseAddress!, buffer.baseAddress! + moved, rest.count)
            rest = 0..<rest.count
        }
        if rest.upperBound == buffer.count {
            guard buffer.count < Self.longest else {
                throw Failure(
                    .unverified, "\(name): this is no archive", next: "an archive of 'vault audit'")
            }
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: buffer.count * 2, alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
            buffer.deallocate()
            buffer = larger
        }
        do throws(Errno) {
            let count = try SystemCall.retrying(on: descriptor) {
                Foundation.read($0, buffer.baseAddress! + rest.upperBound, buffer.count - rest.upperBound)
            }
            rest = 0..<rest.upperBound + count
            isAtEnd = count == 0
        } catch {
            throw Failure(name, error, next: "another copy of it")
        }
        return moved
    }
}

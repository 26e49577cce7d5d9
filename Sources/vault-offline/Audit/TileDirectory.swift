// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import JSONText
import SystemPackage
import TerminalKit
import TransparencyLog

/// A log as a C2SP tlog-tiles directory: `checkpoint`, `tile/L/N`, `tile/entries/N`.
///
/// A full tile never changes, so that an export into a directory of an earlier one adds what is new. Nothing is written
/// there before the records have turned out to begin with those that its checkpoint is over. The checkpoint is
/// written last: until then a reader sees the log that was there before.
struct TileDirectory {
    private var files: TileFiles
    /// What the directory says it has, until it has turned out to be the beginning of this log.
    private var published: Checkpoint?
    private var tree = MerkleTree()
    /// The entries of the bundle that is not full, each behind its length; nil where a text was pruned.
    private var bundle: [UInt8]? = []

    /// - Throws: `Failure` where the directory is that of another log, or ahead of this one.
    init(_ directory: String, of log: ArchiveHeader) throws {
        files = TileFiles(directory: directory)
        if let kind = try? FileStatus(ofPath: FilePath(directory)).kind, kind != .directory {
            throw AuditArchive.failure(directory, .notDirectory)
        }
        published = try Self.published(in: directory, log)
        files.isHolding = published != nil
        try files.makeDirectory(directory)
        try comparePublished()
    }

    /// The checkpoint in the directory; nil where there is none.
    private static func published(in directory: String, _ log: ArchiveHeader) throws -> Checkpoint? {
        let path = "\(directory)/checkpoint"
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try OwnedDescriptor.open(FilePath(path)).readAll()
        } catch .noSuchFileOrDirectory {
            return nil
        } catch {
            throw AuditArchive.failure(path, error)
        }
        let checkpoint: Checkpoint
        do throws(NoteError) {
            let note = try SignedNote(parsing: String(decoding: bytes, as: UTF8.self))
            checkpoint = try Checkpoint(verifying: note, origin: log.origin, keys: [try NoteKey(log.key)])
        } catch {
            throw refused(path, "this is no checkpoint of this log: \(error.description)")
        }
        guard checkpoint.size <= log.to else {
            throw refused(
                path, "this is over \(checkpoint.size) records, and the log has \(log.to): it was cut or rolled back")
        }
        return checkpoint
    }

    private static func refused(_ path: String, _ reason: String) -> Failure {
        Failure(
            .unverified, "\(path): \(reason)",
            next: "another directory, and 'vault audit verify --from' with this checkpoint")
    }

    /// Once there are as many records as were published.
    private mutating func comparePublished() throws {
        guard let published, tree.size == published.size else { return }
        guard tree.root == published.root else {
            throw Self.refused(
                "\(files.directory)/checkpoint",
                "the first \(published.size) records of this log are not those that it was signed over")
        }
        self.published = nil
        try files.release()
    }

    /// - Parameter entry: nil where the text was pruned: then there is no bundle for it.
    mutating func append(_ hash: TreeHash, entry: UnsafeRawBufferPointer?) throws {
        if let entry, entry.count <= UInt16.max {
            bundle?.append(UInt8(entry.count >> 8))
            bundle?.append(UInt8(entry.count & 0xFF))
            bundle?.append(contentsOf: entry)
        } else {
            bundle = nil
        }
        var tiles: [Tile] = []
        tree.append(hash) { tiles.append($0) }
        for tile in tiles { try files.write(tile.bytes, to: tile.path) }
        if tree.size.isMultiple(of: UInt64(Tile.width)) { try writeBundle(width: Tile.width) }
        try comparePublished()
    }

    /// Writes the tiles that are not full, and the checkpoint.
    mutating func finish(checkpoint: String) throws {
        for level in tree.edge.indices {
            let index = tree.size >> (Tile.height * (level + 1))
            if let tile = tree.edgeTile(level: level, index: index) { try files.write(tile.bytes, to: tile.path) }
        }
        let rest = Int(tree.size % UInt64(Tile.width))
        if rest > 0 { try writeBundle(width: rest) }
        // After a crash of the machine there must be no checkpoint beside tiles that are not there.
        try files.synchronize()
        try files.replace("checkpoint", Array(checkpoint.utf8))
        try files.synchronize()
    }

    private mutating func writeBundle(width: Int) throws {
        defer { bundle = [] }
        guard let bundle else { return }
        // Entries lie beside the tiles of level 0, one bundle for each.
        let hashes = [TreeHash](repeating: .empty, count: width)
        let index = (tree.size - 1) / UInt64(Tile.width)
        let path = Tile(level: 0, index: index, hashes: hashes).path
        try files.write(bundle, to: "tile/entries/" + path.dropFirst("tile/0/".count))
    }
}

/// The hashes of 256 records whose texts were pruned, as a line of a stream: `{"tile":3,"hashes":"…"}`.
struct TileLine {
    var index: UInt64
    var hashes: [TreeHash]

    /// No record begins like this.
    private static let start = Array(#"{"tile":"#.utf8)

    static func isOne(_ line: UnsafeRawBufferPointer) -> Bool {
        line.count > start.count && zip(start, line).allSatisfy(==)
    }

    init?(_ line: UnsafeRawBufferPointer) {
        guard let object = try? JSONObject(parsing: Array(line)),
            let index = object["tile"]?.integer.flatMap(UInt64.init(exactly:)),
            let bytes = object["hashes"]?.string.flatMap({ Data(base64Encoded: $0) }),
            let hashes = Tile.hashes(in: Array(bytes)), hashes.count == Tile.width
        else { return nil }
        (self.index, self.hashes) = (index, hashes)
    }
}

/// The files of a directory of tiles.
struct TileFiles {
    let directory: String
    /// Whether new files wait for ``release()``.
    var isHolding = false
    private(set) var held: [(path: String, bytes: [UInt8])] = []
    /// The files that are not known to be on the disk, and the directories that have their names.
    private(set) var written: Set<String> = []

    /// Writes what has waited.
    mutating func release() throws {
        isHolding = false
        for (path, bytes) in held { try write(bytes, to: path) }
        held = []
    }

    /// Writes a file that never changes.
    mutating func write(_ bytes: [UInt8], to path: String) throws {
        let whole = "\(directory)/\(path)"
        // An empty one is what a crash of the machine may have left of one that was never written to the disk.
        if let found = try? OwnedDescriptor.open(FilePath(whole)).readAll(limit: 16 << 20), !found.isEmpty {
            if found == bytes { return note(whole) }
            throw Failure(
                .unverified, "\(whole): this is of another log, or was changed",
                next: "another directory, and 'vault audit verify --from' with its checkpoint")
        }
        if isHolding { return held.append((path, bytes)) }
        try makeDirectory(FilePath(whole).removingLastComponent().string)
        try replace(path, bytes)
    }

    /// Waits until everything that was written is on the disk, under its name.
    mutating func synchronize() throws {
        for path in written.sorted() {
            try AuditArchive.failing(path) { () throws(Errno) in try OwnedDescriptor.open(FilePath(path)).synchronize()
            }
        }
        written.removeAll()
    }

    mutating func replace(_ path: String, _ bytes: [UInt8]) throws {
        let whole = "\(directory)/\(path)"
        try AuditArchive.failing(whole) { () throws(Errno) in
            let file = try OwnedDescriptor.open(
                FilePath(whole + ".new"), flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
            try file.writeAll(bytes.span)
            try file.close()
            try FilePath(whole + ".new").rename(to: FilePath(whole))
        }
        note(whole)
    }

    private mutating func note(_ whole: String) {
        written.insert(whole)
        var parent = FilePath(whole)
        while parent.removeLastComponent(), written.insert(parent.string).inserted, parent != FilePath(directory) {}
    }

    func makeDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw AuditArchive.failure(path, Errno(rawValue: errno))
        }
    }
}

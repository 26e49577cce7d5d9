// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import JSONText
import SystemPackage
import TerminalKit
import TransparencyLog

/// A log as a C2SP tlog-tiles directory: `checkpoint`, `tile/L/N`, `tile/entries/N`.
///
/// A full tile never changes, so that an export into a directory of an earlier one adds what is new, and is asked for no more
/// where the directory turns out to have a beginning of the log (``beginning(of:size:)``). Nothing is written
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
        if log.from > 0, log.from.isMultiple(of: UInt64(Tile.width)) { tree = try files.tree(of: log.from) ?? tree }
        guard tree.size == log.from, log.from == 0 || tree.root == PeakTree(size: log.from, peaks: log.before).root
        else {
            throw Self.refused(directory, "it does not begin with the \(log.from) records that are left out")
        }
        try comparePublished()
    }

    /// The tree of the first records, whole tiles of them, as the directory has it with all its tiles and entries; nil where
    /// anything is missing, or does not fit. That entries are there is looked at, and not what they are.
    static func beginning(of directory: String, size: UInt64) -> MerkleTree? {
        let files = TileFiles(directory: directory)
        var tree = MerkleTree()
        var isWhole = true
        while isWhole, tree.size < size {
            let index = tree.size / UInt64(Tile.width)
            guard let hashes = files.hashes(level: 0, index: index), files.hasEntries(index) else { return nil }
            for hash in hashes {
                tree.append(hash) { tile in
                    if tile.level > 0 {
                        isWhole = isWhole && files.hashes(level: tile.level, index: tile.index) == tile.hashes
                    }
                }
            }
        }
        return isWhole && tree.size == size ? tree : nil
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
        let index = (tree.size - 1) / UInt64(Tile.width)
        try files.write(bundle, to: TileFiles.entries(index, width: width))
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

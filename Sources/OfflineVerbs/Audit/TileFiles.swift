// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Dispatch
import Foundation
import Synchronization
import SystemPackage
import TerminalKit
import TransparencyLog

/// The files of a directory of tiles.
struct TileFiles {
    let directory: String
    /// Whether new files wait for ``release()``.
    var isHolding = false
    private(set) var held: [(path: String, bytes: [UInt8])] = []
    /// The files that are not known to be on the disk, and the directories that have their names.
    private(set) var written: Set<String> = []
    /// The directory that was written to last.
    private var made = ""

    init(directory: String) { self.directory = directory }

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
        let parent = FilePath(whole).removingLastComponent().string
        if parent != made {
            try makeDirectory(parent)
            made = parent
        }
        try replace(path, bytes)
    }

    /// Waits until everything that was written is on the disk, under its name.
    ///
    /// Each `fsync(2)` of a new file waits for the journal of the file system, 3 ms; after one `syncfs(2)` it has next to nothing
    /// to wait for.
    mutating func synchronize() throws {
        let paths = written.sorted()
        if paths.count > Self.many {
            // What failed here is said by the file that it is about.
            try? OwnedDescriptor.open(FilePath(directory)).synchronizeFileSystem()
        }
        let failure = Mutex<Failure?>(nil)
        DispatchQueue.concurrentPerform(iterations: paths.count > Self.many ? Self.atOnce : 1) { first in
            for index in stride(from: first, to: paths.count, by: paths.count > Self.many ? Self.atOnce : 1) {
                do throws(Failure) {
                    try AuditArchive.failing(paths[index]) { () throws(Errno) in
                        try OwnedDescriptor.open(FilePath(paths[index])).synchronize()
                    }
                } catch {
                    return failure.withLock { $0 = error }
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        written.removeAll()
    }

    private static let many = 64
    /// They wait for the disk, which is asked once for all that wait.
    private static let atOnce = 8

    mutating func replace(_ path: String, _ bytes: [UInt8]) throws {
        let whole = "\(directory)/\(path)"
        try AuditArchive.failing(whole) { () throws(Errno) in
            let draft = FilePath(whole).draft()
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
            let file = try OwnedDescriptor.open(draft, flags: flags, mode: 0o644)
            do throws(Errno) {
                try file.writeAll(bytes.span)
                try file.close()
                try draft.rename(to: FilePath(whole))
            } catch {
                unlink(draft.string)
                throw error
            }
        }
        note(whole)
    }

    private mutating func note(_ whole: String) {
        written.insert(whole)
        var parent = FilePath(whole)
        while parent.removeLastComponent(), written.insert(parent.string).inserted, parent != FilePath(directory) {}
    }

    /// Of a whole tile; nil where it is not there.
    func hashes(level: Int, index: UInt64) -> [TreeHash]? {
        let path = "\(directory)/\(Self.path(level, index, width: Tile.width))"
        guard let bytes = try? OwnedDescriptor.open(FilePath(path)).readAll(limit: 16 << 10),
            let hashes = Tile.hashes(in: bytes), hashes.count == Tile.width
        else { return nil }
        return hashes
    }

    /// Whether there are entries beside a whole tile.
    func hasEntries(_ index: UInt64) -> Bool {
        let path = "\(directory)/\(Self.entries(index, width: Tile.width))"
        return (try? FileStatus(ofPath: FilePath(path)).size) ?? 0 > 0
    }

    /// The tree of so many records, which are whole tiles, out of its right edge; nil where a tile is missing.
    func tree(of size: UInt64) throws -> MerkleTree? {
        struct Missing: Error {}
        return try? MerkleTree(size: size, lastLeaves: []) { level, index throws(Missing) in
            guard let hashes = hashes(level: level, index: index) else { throw Missing() }
            return hashes
        }
    }

    private static func path(_ level: Int, _ index: UInt64, width: Int) -> String {
        Tile(level: level, index: index, hashes: [TreeHash](repeating: .empty, count: width)).path
    }

    /// Entries lie beside the tiles of level 0, one bundle for each.
    static func entries(_ index: UInt64, width: Int) -> String {
        "tile/entries/" + path(0, index, width: width).dropFirst("tile/0/".count)
    }

    func makeDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw AuditArchive.failure(path, Errno(rawValue: errno))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import JSONText
import SystemPackage
import TerminalKit

/// The files of a directory of tiles.
struct TileFiles {
    let directory: String
    /// Whether new files wait for ``release()``.
    var isHolding = false
    private var held: [(path: String, bytes: [UInt8])] = []
    /// The files that are not known to be on the disk, and the directories that have their names.
    private var written: Set<String> = []

    init(directory: String) {
        self.directory = directory
    }

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
            do throws(Errno) {
                try OwnedDescriptor.open(FilePath(path)).synchronize()
            } catch {
                throw AuditArchive.failure(path, error)
            }
        }
        written.removeAll()
    }

    mutating func replace(_ path: String, _ bytes: [UInt8]) throws {
        let whole = "\(directory)/\(path)"
        do throws(Errno) {
            let file = try OwnedDescriptor.open(
                FilePath(whole + ".new"), flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
            try file.writeAll(bytes.span)
            try file.close()
            try FilePath(whole + ".new").rename(to: FilePath(whole))
            note(whole)
        } catch {
            throw AuditArchive.failure(whole, error)
        }
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

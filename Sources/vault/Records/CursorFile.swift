// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// Where a listing goes on the next time: the broker's cursor, on a line of its own.
struct CursorFile {
    let path: String
    /// `nil` where there is no such file yet, or an empty one: the listing begins with the first record.
    private(set) var cursor: String?

    init(_ path: String) throws(Failure) {
        self.path = path
        // Before anything is printed: a place that cannot be kept is no help afterwards.
        _ = try OutputPlace(path)
        do throws(Errno) {
            let bytes = try OwnedDescriptor.open(FilePath(path)).readAll(limit: 4096)
            let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first
            cursor = line.map(String.init)
        } catch .noSuchFileOrDirectory {
            cursor = nil
        } catch {
            throw Failure(.system, "\(path): \(error.description)", next: "another path for --cursor-file")
        }
    }

    /// Moves on. What stands before the cursor has been printed by then, so that a crash repeats records and loses none.
    mutating func move(to next: String) throws(Failure) {
        guard next != cursor else { return }
        let file = try LineFile(path, mode: 0o644)
        try file.write(next + "\n")
        try file.finish()
        cursor = next
    }
}

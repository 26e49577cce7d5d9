// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import TerminalKit

/// Where a listing goes on the next time: the broker's cursor, on a line of its own.
struct CursorFile {
    let path: String
    /// `nil` where there is no such file yet, or an empty one: the listing begins with the first record.
    private(set) var cursor: String?

    init(_ path: String) throws(Failure) {
        self.path = path
        // Before anything is printed: a place that cannot be kept is no help afterwards.
        _ = try OutputPlace(path)
        let bytes: [UInt8]
        do throws(Errno) {
            bytes = try OwnedDescriptor.open(FilePath(path)).readAll(limit: 4096)
        } catch .noSuchFileOrDirectory {
            return
        } catch {
            throw Failure(path, error, next: "another path for --cursor-file")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(
                .usage, "\(path): this is no place in a log: it is not UTF-8", next: "another path for --cursor-file")
        }
        cursor = text.split(at: "\n").first.map(String.init)
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

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import TerminalKit

/// Where a verb writes a file: what the path leads to, and how that is to be written.
struct OutputPlace {
    /// Without symbolic links, where something stands there: a link stays, and what it points to is replaced.
    let path: String
    /// A device, a pipe, or what a dangling link points to: these are written as they are. Everything else is written
    /// beside it, and replaced when that is complete.
    let isInPlace: Bool

    /// - Throws: `Failure` with status `system` where nothing can be written there, as far as that is known before.
    init(_ path: String) throws(Failure) {
        do throws(Errno) {
            guard let kind = try Self.kind(of: path, followingLinks: true) else {
                isInPlace = try Self.kind(of: path, followingLinks: false) != nil
                self.path = path
                if !isInPlace { try Self.checkDirectory(of: path) }
                return
            }
            if kind == .directory { throw .isDirectory }
            isInPlace = kind != .regular
            self.path = isInPlace ? path : try Self.resolved(path)
            if !isInPlace { try Self.checkDirectory(of: self.path) }
        } catch {
            throw Self.failure(path, error)
        }
    }

    static func failure(_ path: String, _ error: Errno) -> Failure {
        Failure(
            .system, "\(path.isEmpty ? "''" : path): \(error.description)",
            next: "another path, in a directory that you may write")
    }

    private static func kind(of path: String, followingLinks: Bool) throws(Errno) -> FileKind? {
        if path.isEmpty { throw .noSuchFileOrDirectory }
        do throws(Errno) {
            return try FileStatus(ofPath: FilePath(path), followingLinks: followingLinks).kind
        } catch .noSuchFileOrDirectory {
            return nil
        }
    }

    private static func resolved(_ path: String) throws(Errno) -> String {
        guard let text = String(validating: try FilePath(path).resolved()) else { throw .illegalByteSequence }
        return text
    }

    private static func checkDirectory(of path: String) throws(Errno) {
        let directory = FilePath(path).removingLastComponent()
        try SystemCall.retrying { access(directory.isEmpty ? "." : directory.string, W_OK | X_OK) }
    }
}

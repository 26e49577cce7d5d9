// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import TerminalKit

/// A file that a verb writes whole: what was there before is replaced when everything is written, or stays.
enum OutputFile {
    /// - Parameter path: `-` is standard output.
    static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
        if path == "-" { return try StandardOutput.write(text) }
        let file = try LineFile(path, mode: mode)
        try file.write(text)
        try file.finish()
    }
}

/// A file that is written a piece at a time. It appears, or replaces what was there, when it is finished; a device or a
/// pipe is written as the pieces come.
struct LineFile {
    private let path: String
    private let place: OutputPlace
    private let written: String
    private let file: HeldDescriptor

    init(_ path: String, mode: UInt32 = 0o600) throws(Failure) {
        self.path = path
        place = try OutputPlace(path)
        written = place.isInPlace ? place.path : FilePath(place.path).draft().string
        let flags = O_WRONLY | O_NOCTTY | O_CREAT | (place.isInPlace ? 0 : O_EXCL | O_NOFOLLOW)
        do throws(Errno) {
            file = HeldDescriptor(try OwnedDescriptor.open(FilePath(written), flags: flags, mode: mode))
        } catch {
            throw OutputPlace.failure(path, error)
        }
    }

    func write(_ text: String) throws(Failure) { try write([UInt8](text.utf8)) }

    func write(_ bytes: [UInt8]) throws(Failure) {
        try removingWhenItFails { () throws(Errno) in
            try bytes.span.withUnsafeBytes { buffer throws(Errno) in
                try StandardOutput.writeAll(buffer, to: file)
            }
        }
    }

    /// `fsync(2)`, `rename(2)`: whoever reads the path sees the old text or the new one, also after a crash of the machine.
    func finish() throws(Failure) {
        guard !place.isInPlace else { return }
        try removingWhenItFails { () throws(Errno) in
            try file.synchronize()
            try FilePath(written).rename(to: FilePath(place.path))
        }
    }

    private func removingWhenItFails(_ body: () throws(Errno) -> Void) throws(Failure) {
        do throws(Errno) {
            try body()
        } catch {
            if !place.isInPlace { unlink(written) }
            throw OutputPlace.failure(path, error)
        }
    }
}

/// Where a verb writes a file: what the path leads to, and how that is to be written.
struct OutputPlace {
    /// As it was given; where it is a symbolic link, what that points to: the link stays, and this is replaced.
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
            let isLink = try Self.kind(of: path, followingLinks: false) == .symbolicLink
            self.path = isLink && !isInPlace ? try Self.resolved(path) : path
            if !isInPlace { try Self.checkDirectory(of: self.path) }
        } catch {
            throw Self.failure(path, error)
        }
    }

    static func failure(_ path: String, _ error: Errno) -> Failure {
        Failure("\(path.isEmpty ? "''" : path)", error, next: "another path, in a directory that you may write")
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

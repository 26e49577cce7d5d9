// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

extension OwnedDescriptor {
    /// `openat(2)`, always close-on-exec.
    ///
    /// - Parameters:
    ///   - flags: of open(2); read-only if none are given.
    ///   - mode: the permissions of a file that `O_CREAT` makes, before the umask.
    ///   - directory: where a relative path starts.
    public static func open<Directory: Descriptor & ~Copyable>(
        _ path: FilePath, flags: CInt = O_RDONLY, mode: UInt32 = 0o600,
        in directory: borrowing Directory = StandardDescriptor.currentDirectory
    ) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(
            adopting: try SystemCall.retrying(on: directory) { start in
                path.withPlatformString { openat(start, $0, flags | O_CLOEXEC, mode_t(mode)) }
            })
    }

    /// A pipe, both ends close-on-exec.
    public static func pipe(nonBlocking: Bool = false) throws(Errno) -> Pipe {
        var numbers: (CInt, CInt) = (-1, -1)
        try SystemCall.retrying {
            withUnsafeMutableBytes(of: &numbers) {
                linux_pipe(
                    $0.baseAddress!.assumingMemoryBound(to: CInt.self), O_CLOEXEC | (nonBlocking ? O_NONBLOCK : 0))
            }
        }
        return Pipe(reader: OwnedDescriptor(adopting: numbers.0), writer: OwnedDescriptor(adopting: numbers.1))
    }

    /// `openat2(2)`, close-on-exec always.
    ///
    /// - Parameters:
    ///   - flags: of open(2). The kernel refuses those that it does not know or that contradict each other (`EINVAL`).
    ///   - mode: the permissions of a file that `O_CREAT` makes, before the umask.
    /// - Throws: `EXDEV` for a path that leads out of `directory`, `ELOOP` for a link that `resolution` forbids. A race
    ///   with a rename (`EAGAIN`) is tried again, 100 times.
    public static func open(
        _ path: FilePath, in directory: borrowing some Descriptor & ~Copyable, resolution: PathResolution,
        flags: CInt = O_RDONLY, mode: UInt32 = 0o600
    ) throws(Errno) -> OwnedDescriptor {
        // The kernel wants no mode where nothing is made. O_TMPFILE contains O_DIRECTORY.
        let makes = flags & O_CREAT != 0 || flags & linux_o_tmpfile == linux_o_tmpfile
        let allFlags = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        var attempts = 0
        while true {
            do {
                return OwnedDescriptor(
                    adopting: try SystemCall.retrying(on: directory) { start in
                        path.withPlatformString {
                            linux_openat2(start, $0, allFlags, makes ? UInt64(mode) : 0, resolution.rawValue)
                        }
                    })
            } catch {
                attempts += 1
                let mayRetry = error == .resourceTemporarilyUnavailable && !resolution.contains(.cached)
                if !mayRetry || attempts == 100 { throw error }
            }
        }
    }
}

/// The two ends of a pipe.
@frozen public struct Pipe: ~Copyable, Sendable {
    public var reader: OwnedDescriptor
    public var writer: OwnedDescriptor
}

/// What a path may lead through, openat2(2).
public struct PathResolution: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// No link of `/proc` that is more than its text.
    public static let noMagicLinks = PathResolution(rawValue: UInt64(LINUX_RESOLVE_NO_MAGICLINKS))
    /// No symbolic link at all.
    public static let noSymbolicLinks = PathResolution(rawValue: UInt64(LINUX_RESOLVE_NO_SYMLINKS))
    /// Nothing outside of the directory: absolute paths and links, and `..` out of it, are `EXDEV`.
    public static let beneath = PathResolution(rawValue: UInt64(LINUX_RESOLVE_BENEATH))
    /// The directory is `/` for the path and all links.
    public static let inRoot = PathResolution(rawValue: UInt64(LINUX_RESOLVE_IN_ROOT))
    /// Only what needs no disk: otherwise `EAGAIN`.
    public static let cached = PathResolution(rawValue: UInt64(LINUX_RESOLVE_CACHED))
}

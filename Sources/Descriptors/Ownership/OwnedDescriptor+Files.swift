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
}

/// The two ends of a pipe.
@frozen public struct Pipe: ~Copyable, Sendable {
    public var reader: OwnedDescriptor
    public var writer: OwnedDescriptor

    public init(reader: consuming OwnedDescriptor, writer: consuming OwnedDescriptor) {
        self.reader = reader
        self.writer = writer
    }
}

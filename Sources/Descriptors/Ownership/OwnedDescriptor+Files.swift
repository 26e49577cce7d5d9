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
    ///   - directory: where a relative path starts; the current directory if `nil`.
    public static func open(
        _ path: FilePath, flags: CInt = O_RDONLY, mode: UInt32 = 0o600, in directory: CInt? = nil
    ) throws(Errno) -> OwnedDescriptor {
        let start = directory ?? CInt(LINUX_AT_FDCWD)
        return OwnedDescriptor(
            adopting: try SystemCall.retrying {
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

    /// `read(2)`: 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try SystemCall.retrying { Glibc.read(raw, buffer.baseAddress, buffer.count) }
    }

    /// Everything up to the end of file.
    ///
    /// - Throws: `EFBIG` if there is more than `limit` bytes, besides what read(2) reports.
    public func readAll(limit: Int = 1 << 20) throws(Errno) -> [UInt8] {
        let bytes = try readPrefix(limit == .max ? limit : limit + 1)
        if bytes.count > limit { throw .fileTooLarge }
        return bytes
    }

    /// Up to `count` bytes, fewer only at the end of file.
    public func readPrefix(_ count: Int) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var failure: Errno?
            let chunk = [UInt8](unsafeUninitializedCapacity: min(count - bytes.count, 65536)) { buffer, filled in
                do throws(Errno) {
                    filled = try read(into: UnsafeMutableRawBufferPointer(buffer))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            if chunk.isEmpty { break }
            bytes += chunk
        }
        return bytes
    }

    /// Writes all bytes, in several `write(2)` where one does not take them.
    ///
    /// A pipe or socket that nobody reads raises `SIGPIPE` besides `EPIPE`; for sockets ``MessageSocket`` does not.
    public func writeAll(_ bytes: Span<UInt8>) throws(Errno) {
        try bytes.withUnsafeBytes { bytes throws(Errno) in
            var rest = bytes[...]
            while !rest.isEmpty {
                let buffer = UnsafeRawBufferPointer(rebasing: rest)
                let count = try SystemCall.retrying { Glibc.write(raw, buffer.baseAddress, buffer.count) }
                rest = rest.dropFirst(count)
            }
        }
    }
}

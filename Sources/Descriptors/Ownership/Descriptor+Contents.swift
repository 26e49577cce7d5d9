// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

extension Descriptor where Self: ~Copyable {
    /// A second descriptor of the same open file description, close-on-exec (`F_DUPFD_CLOEXEC`).
    ///
    /// Both share one file offset and one set of status flags.
    /// - Parameter lowest: the number is the lowest free one that is not below this.
    public func duplicate(atOrAbove lowest: CInt = 0) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try SystemCall.retrying(on: self) { fcntl($0, F_DUPFD_CLOEXEC, lowest) })
    }

    /// `read(2)`: 0 at the end.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        try SystemCall.retrying(on: self) { Glibc.read($0, buffer.baseAddress, buffer.count) }
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
                let count = try SystemCall.retrying(on: self) { Glibc.write($0, buffer.baseAddress, buffer.count) }
                rest = rest.dropFirst(count)
            }
        }
    }
}

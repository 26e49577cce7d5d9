// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import TerminalKit

/// Copies what a descriptor gives to another, to its end, as `cat` does.
enum DescriptorCopy {
    /// Which side an error belongs to.
    enum Problem: Error, Equatable {
        case reading(Errno)
        case writing(Errno)
        /// What is read is what is written to: it would never end.
        case sameFile
    }

    /// `sendfile(2)` as far as that goes, and `read(2)` and `write(2)` from there. A reader that went away ends the
    /// process by `SIGPIPE`. Neither descriptor is closed.
    static func copy(
        from source: borrowing some Descriptor & ~Copyable, to target: borrowing some Descriptor & ~Copyable
    ) throws(Problem) {
        try refuseSameFile(source, target)
        sendFile(from: source, to: target)
        try withUnsafeTemporaryAllocation(byteCount: 128 << 10, alignment: 4096) { buffer throws(Problem) in
            while true {
                let count = try read(source, into: buffer)
                if count == 0 { return }
                do throws(Errno) {
                    try StandardOutput.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: target)
                } catch {
                    throw .writing(error)
                }
            }
        }
    }

    /// Moves what it can within the kernel. It stops at the end of the file and at whatever is in the way; the loop of
    /// reading and writing then finds the end, or the error and the side that it belongs to. (Files of `/proc` say
    /// that they are empty, so that an end seen here is not to be believed.)
    private static func sendFile(
        from source: borrowing some Descriptor & ~Copyable, to target: borrowing some Descriptor & ~Copyable
    ) {
        guard (try? FileStatus(of: source))?.kind == .regular else { return }
        target.withUnsafeNumber { target in
            while let count = try? SystemCall.retrying(on: source, { sendfile(target, $0, nil, 1 << 30) }), count > 0 {}
        }
    }

    private static func read(
        _ source: borrowing some Descriptor & ~Copyable, into buffer: UnsafeMutableRawBufferPointer
    ) throws(Problem) -> Int {
        while true {
            do throws(Errno) {
                return try source.read(into: buffer)
            } catch .resourceTemporarilyUnavailable {
                do throws(Errno) {
                    _ = try Readiness.wait(for: .readable, on: source)
                } catch {
                    throw .reading(error)
                }
            } catch {
                throw .reading(error)
            }
        }
    }

    private static func refuseSameFile(
        _ source: borrowing some Descriptor & ~Copyable, _ target: borrowing some Descriptor & ~Copyable
    ) throws(Problem) {
        guard let from = try? FileStatus(of: source), let to = try? FileStatus(of: target), from.kind == .regular,
            from.isSameFile(as: to)
        else { return }
        throw .sameFile
    }
}

// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

/// Who is at the other end of a connected Unix socket, as the kernel recorded it at `connect(2)` or `listen(2)`.
public enum Peer {
    /// `SO_PEERCRED`: the pid and the effective ids. pid 0: the process is not in a pid namespace that we see.
    public static func credentials(of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> ProcessCredentials
    {
        var value = linux_ucred()
        var length = socklen_t(MemoryLayout<linux_ucred>.size)
        try SystemCall.retrying(on: socket) { getsockopt($0, SOL_SOCKET, SO_PEERCRED, &value, &length) }
        return ProcessCredentials(value)
    }

    /// `SO_PEERGROUPS`: the supplementary groups.
    public static func groups(of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> [UInt32] {
        var room = 32
        while true {
            var length = socklen_t(room * MemoryLayout<UInt32>.size)
            do {
                return try array(room) { bytes throws(Errno) -> Int in
                    try SystemCall.retrying(on: socket) {
                        getsockopt($0, SOL_SOCKET, CInt(LINUX_SO_PEERGROUPS), bytes, &length)
                    }
                    return Int(length) / MemoryLayout<UInt32>.size
                }
            } catch .outOfRange {
                // The kernel said how much it needs; a socket's groups do not change, but a retry must not shrink.
                room = max(room * 2, Int(length) / MemoryLayout<UInt32>.size)
            }
        }
    }

    /// `SO_PEERSEC`: the label of the security module, `nil` where there is none (`ENOPROTOOPT`), which is a known
    /// answer.
    ///
    /// - Throws: `EILSEQ` for a label that is not UTF-8.
    public static func label(of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> String? {
        var room = 256
        while true {
            var length = socklen_t(room)
            do throws(Errno) {
                let bytes: [UInt8] = try array(room) { bytes throws(Errno) -> Int in
                    try SystemCall.retrying(on: socket) {
                        getsockopt($0, SOL_SOCKET, CInt(LINUX_SO_PEERSEC), bytes, &length)
                    }
                    return Int(length)
                }
                // SELinux counts a final zero byte, AppArmor and Smack do not.
                guard let label = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self) else {
                    throw .illegalByteSequence
                }
                return label.isEmpty ? nil : label
            } catch .protocolNotAvailable {
                return nil
            } catch .outOfRange {
                room = max(room * 2, Int(length))
            }
        }
    }

    /// `SO_PEERPIDFD` (Linux 6.5): a descriptor of the very process that connected, whatever became of its pid.
    ///
    /// - Throws: `ENOPROTOOPT` on an older kernel; `EINVAL` or `ESRCH` when the process was reaped already;
    ///   `ENODATA` on a socket without a peer.
    public static func processDescriptor(of socket: borrowing some Descriptor & ~Copyable) throws(Errno)
        -> OwnedDescriptor
    {
        OwnedDescriptor(adopting: try SocketOption.get(CInt(LINUX_SO_PEERPIDFD), of: socket))
    }

    private static func array<Element: ExpressibleByIntegerLiteral>(
        _ room: Int, _ body: (UnsafeMutablePointer<Element>) throws(Errno) -> Int
    ) throws(Errno) -> [Element] {
        var failure: Errno?
        let array = [Element](unsafeUninitializedCapacity: room) { buffer, count in
            buffer.initialize(repeating: 0)
            do throws(Errno) {
                count = min(try body(buffer.baseAddress!), room)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return array
    }
}

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
        try array(CInt(LINUX_SO_PEERGROUPS), of: socket, room: 32)
    }

    /// `SO_PEERSEC`: the label of the security module, `nil` where there is none (`ENOPROTOOPT`), which is a known
    /// answer.
    ///
    /// - Throws: `EILSEQ` for a label that is not UTF-8.
    public static func label(of socket: borrowing some Descriptor & ~Copyable) throws(Errno) -> String? {
        do throws(Errno) {
            let bytes: [UInt8] = try array(CInt(LINUX_SO_PEERSEC), of: socket, room: 256)
            // SELinux counts a final zero byte, AppArmor and Smack do not.
            guard let label = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self) else {
                throw .illegalByteSequence
            }
            return label.isEmpty ? nil : label
        } catch .protocolNotAvailable {
            return nil
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

    /// An option of any length.
    private static func array<Element: ExpressibleByIntegerLiteral>(
        _ option: CInt, of socket: borrowing some Descriptor & ~Copyable, room: Int
    ) throws(Errno) -> [Element] {
        let size = MemoryLayout<Element>.size
        var room = room
        while true {
            var length = socklen_t(room * size)
            var failure: Errno?
            let array = [Element](unsafeUninitializedCapacity: room) { buffer, count in
                buffer.initialize(repeating: 0)
                do throws(Errno) {
                    try SystemCall.retrying(on: socket) {
                        getsockopt($0, SOL_SOCKET, option, buffer.baseAddress, &length)
                    }
                    count = min(Int(length) / size, room)
                } catch {
                    failure = error
                }
            }
            guard let failure else { return array }
            guard failure == .outOfRange else { throw failure }
            // The kernel said how much it needs; what is asked for does not change, but a retry must not shrink.
            room = max(room * 2, Int(length) / size)
        }
    }
}

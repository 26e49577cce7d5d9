// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

extension MessageSocket {
    /// Sends bytes, and with the first of them descriptors; the descriptors stay the caller's.
    ///
    /// On a stream fewer bytes than given may go out. The descriptors have gone with the first, so the rest is sent
    /// without them. `SIGPIPE` is never raised.
    /// - Parameters:
    ///   - descriptors: at most ``mostDescriptors``; the kernel refuses more with `EINVAL`.
    ///   - credentials: sent in place of the sender's own; the kernel refuses what the sender may not claim (`EPERM`).
    ///   - address: where to, for a datagram socket that is not connected.
    /// - Returns: the number of bytes sent.
    /// - Throws: among others `EAGAIN` (non-blocking and full), `EPIPE` (the peer is gone), `ETOOMANYREFS` (too many
    ///   descriptors of this user are in flight), `EMSGSIZE`, and `EPERM` (the receiver takes no descriptors).
    /// - Precondition: with descriptors go one byte or more. Without, a stream would lose them, and a receiver could
    ///   not tell the message from an end of file.
    @discardableResult
    public static func send(
        _ bytes: Span<UInt8>, passing descriptors: [HeldDescriptor] = [], as credentials: ProcessCredentials? = nil,
        to address: UnixAddress? = nil, on socket: borrowing some Descriptor & ~Copyable, flags: MessageFlags = []
    ) throws(Errno) -> Int {
        // The array keeps all of them open while their numbers lie in the control buffer.
        try withExtendedLifetime(descriptors) { descriptors throws(Errno) in
            try send(bytes, descriptors.count, credentials, address, on: socket, flags) { room in
                for index in 0..<descriptors.count {
                    descriptors[index].withUnsafeNumber { room[index] = $0 }
                }
            }
        }
    }

    /// The same with one descriptor.
    @discardableResult
    public static func send(
        _ bytes: Span<UInt8>, passing descriptor: borrowing some Descriptor & ~Copyable, to address: UnixAddress? = nil,
        on socket: borrowing some Descriptor & ~Copyable, flags: MessageFlags = []
    ) throws(Errno) -> Int {
        try descriptor.withUnsafeNumber { number throws(Errno) in
            try send(bytes, 1, nil, address, on: socket, flags) { $0[0] = number }
        }
    }

    /// Sends all bytes over a blocking stream, in several messages where one does not take them, and with the first byte
    /// a descriptor.
    ///
    /// - Throws: as ``send(_:passing:to:on:flags:)``; how much went out before is not known then, so the stream is of no
    ///   use any more.
    public static func sendAll(
        _ bytes: Span<UInt8>, passing descriptor: borrowing some Descriptor & ~Copyable,
        on socket: borrowing some Descriptor & ~Copyable
    ) throws(Errno) {
        var sent = try send(bytes, passing: descriptor, on: socket)
        while sent < bytes.count { sent += try send(bytes.extracting(last: bytes.count - sent), on: socket) }
    }

    /// - Parameter numbers: writes the numbers of the descriptors, which the caller keeps open.
    @inline(__always)
    private static func send(
        _ bytes: Span<UInt8>, _ descriptorCount: Int, _ credentials: ProcessCredentials?, _ address: UnixAddress?,
        on socket: borrowing some Descriptor & ~Copyable, _ flags: MessageFlags,
        _ numbers: (UnsafeMutablePointer<CInt>) -> Void
    ) throws(Errno) -> Int {
        precondition(descriptorCount == 0 || !bytes.isEmpty, "descriptors travel with at least one byte of data")
        guard descriptorCount <= mostDescriptors else { throw .invalidArgument }
        let space =
            (descriptorCount == 0 ? 0 : linux_cmsg_space(descriptorCount * MemoryLayout<CInt>.size))
            + (credentials == nil ? 0 : linux_cmsg_space(MemoryLayout<linux_ucred>.size))
        return try withUnsafeTemporaryAllocation(byteCount: max(space, 1), alignment: MemoryLayout<cmsghdr>.alignment) {
            control throws(Errno) -> Int in
            var message = msghdr()
            if space > 0 {
                // The padding between and after the headers goes to the kernel too.
                control.initializeMemory(as: UInt8.self, repeating: 0)
                message.msg_control = control.baseAddress
                message.msg_controllen = space
                write(descriptorCount, credentials, into: &message, numbers)
            }
            return try bytes.withUnsafeBytes { data throws(Errno) -> Int in
                // sendmsg(2) only reads what the vector points to.
                var vector = iovec(iov_base: UnsafeMutableRawPointer(mutating: data.baseAddress), iov_len: data.count)
                return try withUnsafeMutablePointer(to: &vector) { vector throws(Errno) -> Int in
                    message.msg_iov = vector
                    message.msg_iovlen = 1
                    let flags = flags.rawValue | CInt(LINUX_MSG_NOSIGNAL)
                    guard let address else {
                        return try SystemCall.retrying(on: socket) { sendmsg($0, &message, flags) }
                    }
                    return try address.withSocketAddress { name, length throws(Errno) -> Int in
                        message.msg_name = UnsafeMutableRawPointer(mutating: name)
                        message.msg_namelen = length
                        return try SystemCall.retrying(on: socket) { sendmsg($0, &message, flags) }
                    }
                }
            }
        }
    }

    /// Fills the zeroed control buffer of `message`, which has exactly the room.
    @inline(__always)
    private static func write(
        _ descriptorCount: Int, _ credentials: ProcessCredentials?, into message: inout msghdr,
        _ numbers: (UnsafeMutablePointer<CInt>) -> Void
    ) {
        var header = linux_cmsg_first(&message)
        if descriptorCount > 0, let rights = header {
            rights.pointee.cmsg_level = SOL_SOCKET
            rights.pointee.cmsg_type = CInt(LINUX_SCM_RIGHTS)
            rights.pointee.cmsg_len = linux_cmsg_length(descriptorCount * MemoryLayout<CInt>.size)
            // The data of a control message is aligned for more than an int.
            numbers(UnsafeMutableRawPointer(linux_cmsg_data(rights)).assumingMemoryBound(to: CInt.self))
            header = linux_cmsg_next(&message, rights)
        }
        if let credentials, let header {
            header.pointee.cmsg_level = SOL_SOCKET
            header.pointee.cmsg_type = CInt(LINUX_SCM_CREDENTIALS)
            header.pointee.cmsg_len = linux_cmsg_length(MemoryLayout<linux_ucred>.size)
            linux_cmsg_data(header).storeBytes(
                of: linux_ucred(pid: credentials.pid, uid: credentials.uid, gid: credentials.gid), as: linux_ucred.self)
        }
    }
}

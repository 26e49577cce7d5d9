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
    ///   - descriptors: borrowed, at most ``mostDescriptors``; the kernel refuses more with `EINVAL`.
    ///   - credentials: sent in place of the sender's own; the kernel refuses what the sender may not claim (`EPERM`).
    ///   - address: where to, for a datagram socket that is not connected.
    /// - Returns: the number of bytes sent.
    /// - Throws: among others `EAGAIN` (non-blocking and full), `EPIPE` (the peer is gone), `ETOOMANYREFS` (too many
    ///   descriptors of this user are in flight), `EMSGSIZE`, and `EPERM` (the receiver takes no descriptors).
    /// - Precondition: with descriptors go one byte or more. Without, a stream would lose them, and a receiver could
    ///   not tell the message from an end of file.
    @discardableResult
    public static func send(
        _ bytes: Span<UInt8>, passing descriptors: Span<CInt>, as credentials: ProcessCredentials? = nil,
        to address: UnixAddress? = nil, on socket: CInt, flags: MessageFlags = []
    ) throws(Errno) -> Int {
        precondition(descriptors.isEmpty || !bytes.isEmpty, "descriptors travel with at least one byte of data")
        guard descriptors.count <= mostDescriptors else { throw .invalidArgument }
        let rightsSize = descriptors.count * MemoryLayout<CInt>.size
        let space =
            (descriptors.isEmpty ? 0 : linux_cmsg_space(rightsSize))
            + (credentials == nil ? 0 : linux_cmsg_space(MemoryLayout<linux_ucred>.size))
        return try withUnsafeTemporaryAllocation(byteCount: max(space, 1), alignment: MemoryLayout<cmsghdr>.alignment) {
            control throws(Errno) -> Int in
            var message = msghdr()
            if space > 0 {
                // The padding between and after the headers goes to the kernel too.
                control.initializeMemory(as: UInt8.self, repeating: 0)
                message.msg_control = control.baseAddress
                message.msg_controllen = space
                write(descriptors, credentials, into: &message)
            }
            return try bytes.withUnsafeBytes { data throws(Errno) -> Int in
                // sendmsg(2) only reads what the vector points to.
                var vector = iovec(iov_base: UnsafeMutableRawPointer(mutating: data.baseAddress), iov_len: data.count)
                return try withUnsafeMutablePointer(to: &vector) { vector throws(Errno) -> Int in
                    message.msg_iov = vector
                    message.msg_iovlen = 1
                    let flags = flags.rawValue | CInt(LINUX_MSG_NOSIGNAL)
                    guard let address else {
                        return try SystemCall.retrying { sendmsg(socket, &message, flags) }
                    }
                    return try address.withSocketAddress { name, length throws(Errno) -> Int in
                        message.msg_name = UnsafeMutableRawPointer(mutating: name)
                        message.msg_namelen = length
                        return try SystemCall.retrying { sendmsg(socket, &message, flags) }
                    }
                }
            }
        }
    }

    /// The same with the descriptors in an array, and without any by default.
    @discardableResult
    public static func send(
        _ bytes: Span<UInt8>, passing descriptors: [CInt] = [], to address: UnixAddress? = nil, on socket: CInt,
        flags: MessageFlags = []
    ) throws(Errno) -> Int {
        try send(bytes, passing: descriptors.span, to: address, on: socket, flags: flags)
    }

    /// The same with one descriptor, which stays open at least until it is sent.
    @discardableResult
    public static func send(
        _ bytes: Span<UInt8>, passing descriptor: borrowing OwnedDescriptor, to address: UnixAddress? = nil,
        on socket: CInt, flags: MessageFlags = []
    ) throws(Errno) -> Int {
        try send(bytes, passing: [descriptor.raw], to: address, on: socket, flags: flags)
    }

    /// Sends all bytes over a blocking stream, in several messages where one does not take them, and with the first byte
    /// descriptors.
    ///
    /// - Throws: as ``send(_:passing:as:to:on:flags:)``; how much went out before is not known then, so the stream is of
    ///   no use any more.
    public static func sendAll(
        _ bytes: Span<UInt8>, passing descriptors: [CInt] = [], on socket: CInt
    ) throws(Errno) {
        var sent = try send(bytes, passing: descriptors, on: socket)
        while sent < bytes.count {
            sent += try send(bytes.extracting(last: bytes.count - sent), on: socket)
        }
    }

    /// Fills the zeroed control buffer of `message`, which has exactly the room.
    private static func write(
        _ descriptors: Span<CInt>, _ credentials: ProcessCredentials?, into message: inout msghdr
    ) {
        var header = linux_cmsg_first(&message)
        if !descriptors.isEmpty, let rights = header {
            let size = descriptors.count * MemoryLayout<CInt>.size
            rights.pointee.cmsg_level = SOL_SOCKET
            rights.pointee.cmsg_type = CInt(LINUX_SCM_RIGHTS)
            rights.pointee.cmsg_len = linux_cmsg_length(size)
            descriptors.withUnsafeBytes { linux_cmsg_data(rights).copyMemory(from: $0.baseAddress!, byteCount: size) }
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

// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import CLinux
import Glibc
public import SystemPackage

extension MessageSocket {
    /// Receives one message, or on a stream the bytes up to the next descriptors.
    ///
    /// Every descriptor that arrives, in whatever control message, is close-on-exec and owned before anything is
    /// judged.
    /// - Parameters:
    ///   - buffer: where the bytes go; one or more.
    ///   - room: the ancillary data to make room for.
    ///   - wantsSender: fill in ``ReceivedMessage/sender``.
    ///   - areForeign: strangers send, so that the descriptors are closed where that may hang: ``ForeignDescriptors``.
    ///   - account: on whose account they are until they are closed.
    /// - Throws: among others `EAGAIN` (nothing there, non-blocking) and `ECONNRESET`.
    public static func receive(
        into buffer: UnsafeMutableRawBufferPointer, room: ControlRoom, on socket: borrowing some Descriptor & ~Copyable,
        flags: MessageFlags = [],
        wantsSender: Bool = false, areForeign: Bool = false, account: ForeignAccount? = nil
    ) throws(Errno) -> ReceivedMessage {
        precondition(!buffer.isEmpty, "without room for a byte an end of file cannot be seen")
        let size = room.byteCount
        return try withUnsafeTemporaryAllocation(byteCount: max(size, 1), alignment: MemoryLayout<cmsghdr>.alignment) {
            control throws(Errno) -> ReceivedMessage in
            var message = msghdr()
            if size > 0 {
                message.msg_control = control.baseAddress
                message.msg_controllen = size
            }
            guard wantsSender else {
                let count = try receive(&message, into: buffer, on: socket, flags: flags)
                return ReceivedMessage(
                    message, byteCount: count, room: room, sender: nil, areForeign: areForeign, account: account,
                    socket: socket)
            }
            var address = sockaddr_un()
            let count = try withUnsafeMutablePointer(to: &address) { address throws(Errno) -> Int in
                message.msg_name = UnsafeMutableRawPointer(address)
                message.msg_namelen = socklen_t(MemoryLayout<sockaddr_un>.size)
                return try receive(&message, into: buffer, on: socket, flags: flags)
            }
            let sender = UnixAddress(&address, length: message.msg_namelen)
            return ReceivedMessage(
                message, byteCount: count, room: room, sender: sender == .unnamed ? nil : sender,
                areForeign: areForeign, account: account, socket: socket)
        }
    }

    /// The same into bytes that the caller has; ``ReceivedMessage/byteCount`` says how many of them were filled.
    public static func receive(
        into bytes: inout MutableSpan<UInt8>, room: ControlRoom, on socket: borrowing some Descriptor & ~Copyable,
        flags: MessageFlags = [],
        wantsSender: Bool = false
    ) throws(Errno) -> ReceivedMessage {
        try bytes.withUnsafeMutableBytes { buffer throws(Errno) in
            try receive(into: buffer, room: room, on: socket, flags: flags, wantsSender: wantsSender)
        }
    }

    @inline(__always)
    private static func receive(
        _ message: inout msghdr, into buffer: UnsafeMutableRawBufferPointer,
        on socket: borrowing some Descriptor & ~Copyable, flags: MessageFlags
    ) throws(Errno) -> Int {
        var vector = iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
        return try withUnsafeMutablePointer(to: &vector) { vector throws(Errno) -> Int in
            message.msg_iov = vector
            message.msg_iovlen = 1
            return try SystemCall.retrying(on: socket) {
                recvmsg($0, &message, flags.rawValue | CInt(LINUX_MSG_CMSG_CLOEXEC))
            }
        }
    }
}

extension ReceivedMessage {
    /// Takes over what `recvmsg(2)` left in `message`, whose control buffer is still there.
    init(
        _ message: borrowing msghdr, byteCount: Int, room: ControlRoom, sender: UnixAddress?, areForeign: Bool,
        account: ForeignAccount?, socket: borrowing some Descriptor & ~Copyable
    ) {
        var message = copy message
        var received = UniqueArray<OwnedDescriptor>()
        var credentials: ProcessCredentials?
        var senderProcess: OwnedDescriptor?
        var hasAncillaryData = false
        var header = linux_cmsg_first(&message)
        while let current = header {
            hasAncillaryData = true
            let data = UnsafeRawPointer(linux_cmsg_data(current)!)
            let length = current.pointee.cmsg_len - linux_cmsg_length(0)
            if current.pointee.cmsg_level == SOL_SOCKET {
                switch current.pointee.cmsg_type {
                case CInt(LINUX_SCM_RIGHTS):
                    Self.adopt(length / MemoryLayout<CInt>.size, at: data, areForeign, account, into: &received)
                case CInt(LINUX_SCM_CREDENTIALS) where length >= MemoryLayout<linux_ucred>.size:
                    credentials = ProcessCredentials(data.loadUnaligned(as: linux_ucred.self))
                case CInt(LINUX_SCM_PIDFD) where length >= MemoryLayout<CInt>.size:
                    // Of SO_PASSPIDFD; negative when the sender is gone.
                    let pidfd = data.loadUnaligned(as: CInt.self)
                    if pidfd >= 0 { senderProcess = OwnedDescriptor(adopting: pidfd) }
                default:
                    break
                }
            }
            header = linux_cmsg_next(&message, current)
        }
        let isEndOfFile =
            byteCount == 0 && UnixSocket.isAtEndOfFile(socket, hasAncillaryData: hasAncillaryData)
        let isControlTruncated =
            !isEndOfFile
            && (message.msg_flags & CInt(MSG_CTRUNC) != 0 || received.count > room.descriptorCount)
        self.byteCount = byteCount
        if isControlTruncated {
            self.descriptors = UniqueArray()
            self.discarded = received
        } else {
            self.descriptors = received
            self.discarded = UniqueArray()
        }
        // At the end of a stream the kernel attaches credentials of nobody.
        self.credentials = isEndOfFile ? nil : credentials
        self.senderProcess = senderProcess
        self.isTruncated = message.msg_flags & CInt(MSG_TRUNC) != 0
        self.isControlTruncated = isControlTruncated
        self.isEndOfFile = isEndOfFile
        self.sender = sender
    }

    private static func adopt(
        _ count: Int, at data: UnsafeRawPointer, _ areForeign: Bool, _ account: ForeignAccount?,
        into array: inout UniqueArray<OwnedDescriptor>
    ) {
        array.reserveCapacity(array.count + count)
        if areForeign, count > 0 {
            ForeignDescriptors.received(
                (0..<count).map {
                    data.loadUnaligned(fromByteOffset: $0 * MemoryLayout<CInt>.size, as: CInt.self)
                }, account)
        }
        for index in 0..<count {
            let number = data.loadUnaligned(fromByteOffset: index * MemoryLayout<CInt>.size, as: CInt.self)
            array.append(OwnedDescriptor(adopting: number, isForeign: areForeign))
        }
    }
}

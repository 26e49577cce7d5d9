// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What a receive brought, in a form that expectations can take apart.
struct Received {
    let bytes: [UInt8]
    let descriptors: [HeldDescriptor]
    let credentials: ProcessCredentials?
    let isTruncated: Bool
    let isControlTruncated: Bool
    let isEndOfFile: Bool
    let sender: UnixAddress?

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// Receives with a buffer of its own.
func receive(
    on socket: borrowing some Descriptor & ~Copyable, upTo count: Int = 4096, room: ControlRoom = .mostDescriptors,
    flags: MessageFlags = .dontWait, wantsSender: Bool = false
) throws(Errno) -> Received {
    var bytes = [UInt8](repeating: 0xEE, count: count)
    var span = bytes.mutableSpan
    var message = try MessageSocket.receive(
        into: &span, room: room, on: socket, flags: flags, wantsSender: wantsSender)
    var descriptors: [HeldDescriptor] = []
    while let descriptor = message.descriptors.popLast() { descriptors.append(HeldDescriptor(descriptor)) }
    return Received(
        bytes: Array(bytes[..<message.byteCount]), descriptors: descriptors.reversed(),
        credentials: message.credentials,
        isTruncated: message.isTruncated, isControlTruncated: message.isControlTruncated,
        isEndOfFile: message.isEndOfFile, sender: message.sender)
}

/// A control message as a hostile sender would put it together.
struct RawControlMessage {
    var type: CInt
    var data: [UInt8]
    /// Whose numbers are in the data; open until it is sent.
    var descriptors: [HeldDescriptor] = []

    static func rights(_ descriptors: [HeldDescriptor]) -> RawControlMessage {
        RawControlMessage(
            type: CInt(LINUX_SCM_RIGHTS),
            data: descriptors.flatMap { $0.withUnsafeNumber { withUnsafeBytes(of: $0, Array.init) } },
            descriptors: descriptors)
    }

    static func credentials(pid: Int32, uid: UInt32, gid: UInt32) -> RawControlMessage {
        let value = linux_ucred(pid: pid, uid: uid, gid: gid)
        return RawControlMessage(type: CInt(LINUX_SCM_CREDENTIALS), data: withUnsafeBytes(of: value, Array.init))
    }
}

/// `sendmsg(2)` with whatever control messages.
func sendRaw(
    _ bytes: [UInt8], _ controlMessages: [RawControlMessage], on socket: borrowing some Descriptor & ~Copyable
) throws(Errno) {
    let size = controlMessages.reduce(0) { $0 + linux_cmsg_space($1.data.count) }
    var control = [UInt64](repeating: 0, count: size / 8)
    var data = bytes
    let result = control.withUnsafeMutableBytes { control in
        data.withUnsafeMutableBytes { data in
            var vector = iovec(iov_base: data.baseAddress, iov_len: data.count)
            return withUnsafeMutablePointer(to: &vector) { vector in
                var message = msghdr()
                message.msg_iov = vector
                message.msg_iovlen = 1
                message.msg_control = control.baseAddress
                message.msg_controllen = size
                var header = linux_cmsg_first(&message)
                for item in controlMessages {
                    header!.pointee.cmsg_level = SOL_SOCKET
                    header!.pointee.cmsg_type = item.type
                    header!.pointee.cmsg_len = linux_cmsg_length(item.data.count)
                    linux_cmsg_data(header!).copyMemory(from: item.data, byteCount: item.data.count)
                    header = linux_cmsg_next(&message, header!)
                }
                return socket.withUnsafeNumber { sendmsg($0, &message, CInt(LINUX_MSG_NOSIGNAL)) }
            }
        }
    }
    let error = Errno(rawValue: errno)
    withExtendedLifetime(controlMessages) {}
    if result < 0 { throw error }
}

/// One descriptor of `/dev/null`, several times.
func nulls(_ count: Int) throws(Errno) -> [HeldDescriptor] {
    Array(repeating: HeldDescriptor(try OwnedDescriptor.open("/dev/null")), count: count)
}

/// Memory whose contents tell it from others.
func memory(_ text: String) throws(Errno) -> OwnedDescriptor {
    try SealedMemory.make(name: "test", contents: Array(text.utf8).span)
}

/// The contents of a memory, wherever its offset is.
func contents(of descriptor: borrowing some Descriptor & ~Copyable) -> String {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = descriptor.withUnsafeNumber { pread($0, &bytes, bytes.count, 0) }
    return String(decoding: bytes[..<max(count, 0)], as: UTF8.self)
}

let allTypes: [SocketType] = [.stream, .seqpacket, .datagram]

// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// Messages with descriptors over Unix sockets: stream, seqpacket and datagram.
///
/// The modern form of the classic `read_fd` and `write_fd`.
public enum MessageSocket {
    /// The most descriptors that the kernel lets into one message (`SCM_MAX_FD`).
    public static let mostDescriptors = 253

    /// Two connected Unix sockets, close-on-exec (`socketpair(2)`).
    public static func pair(_ type: SocketType = .stream, nonBlocking: Bool = false) throws(Errno) -> SocketPair {
        var numbers: (CInt, CInt) = (-1, -1)
        let flags = type.rawValue | UnixSocket.creationFlags(nonBlocking: nonBlocking)
        try SystemCall.retrying {
            withUnsafeMutableBytes(of: &numbers) {
                socketpair(AF_UNIX, flags, 0, $0.baseAddress!.assumingMemoryBound(to: CInt.self))
            }
        }
        return SocketPair(first: OwnedDescriptor(adopting: numbers.0), second: OwnedDescriptor(adopting: numbers.1))
    }
}

/// Two connected sockets; take them apart with ``consume()``, or use them where they are.
@frozen public struct SocketPair: ~Copyable, Sendable {
    public var first: OwnedDescriptor
    public var second: OwnedDescriptor
}

/// The flags of `sendmsg(2)` and `recvmsg(2)` that are a caller's choice.
///
/// `MSG_NOSIGNAL` and `MSG_CMSG_CLOEXEC` are no choice: they are always set.
public struct MessageFlags: OptionSet, Sendable {
    public let rawValue: CInt

    public init(rawValue: CInt) {
        self.rawValue = rawValue
    }

    /// `EAGAIN` in place of waiting, whatever the socket's own mode.
    public static let dontWait = MessageFlags(rawValue: CInt(MSG_DONTWAIT))
    /// Leave the message where it is. Its descriptors are received all the same, anew with each look.
    public static let peek = MessageFlags(rawValue: CInt(MSG_PEEK))
}

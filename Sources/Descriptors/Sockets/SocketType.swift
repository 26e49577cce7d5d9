// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The types of Unix sockets.
public struct SocketType: RawRepresentable, Hashable, Sendable {
    public let rawValue: CInt

    public init(rawValue: CInt) {
        self.rawValue = rawValue
    }

    /// Bytes in order, without boundaries between messages.
    public static let stream = SocketType(rawValue: CInt(SOCK_STREAM.rawValue))
    /// Messages in order, with a connection.
    public static let seqpacket = SocketType(rawValue: CInt(SOCK_SEQPACKET.rawValue))
    /// Messages, each with its sender; on Unix sockets in order too, and never lost.
    public static let datagram = SocketType(rawValue: CInt(SOCK_DGRAM.rawValue))
}

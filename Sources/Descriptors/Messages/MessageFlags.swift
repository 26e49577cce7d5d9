// SPDX-License-Identifier: Apache-2.0

import Glibc

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
    /// On a stream: wait until the buffer is full.
    public static let waitAll = MessageFlags(rawValue: CInt(MSG_WAITALL))
}

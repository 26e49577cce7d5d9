// SPDX-License-Identifier: Apache-2.0

public import BasicContainers

/// What one `recvmsg(2)` brought. It owns the descriptors: those that nobody takes out are closed with it.
@frozen public struct ReceivedMessage: ~Copyable, Sendable {
    /// The bytes of the buffer that were filled.
    public let byteCount: Int

    /// The descriptors in the order in which they were sent, all of them or none: when ``isControlTruncated`` is set
    /// this is empty.
    ///
    /// On a stream they belong to the message whose bytes end this read, which need not be the one whose bytes begin
    /// it.
    public var descriptors: UniqueArray<OwnedDescriptor>

    /// Who sent it, on a socket with `SO_PASSCRED`.
    ///
    /// Root in a user namespace of its own can forge them: they may narrow what `SO_PEERCRED` says, never widen it.
    public let credentials: ProcessCredentials?

    /// A datagram was longer than the buffer, and its rest is lost (`MSG_TRUNC`).
    public let isTruncated: Bool

    /// Ancillary data was lost for want of room or of free descriptors (`MSG_CTRUNC`), or held more descriptors than
    /// there was room for. What did come in is in ``discarded``.
    public let isControlTruncated: Bool

    /// The descriptors of a set that did not come in whole, which nobody should use.
    ///
    /// They are closed with the message. Closing can hang where a file system is a process that does not answer, so a
    /// loop that takes descriptors from strangers moves them to a thread that it can lose.
    public var discarded: UniqueArray<OwnedDescriptor>

    /// The peer sends no more. False for an empty message of a datagram or seqpacket socket.
    public let isEndOfFile: Bool

    /// The address that the sender is bound to, if it was asked for and the sender is bound.
    public let sender: UnixAddress?
}

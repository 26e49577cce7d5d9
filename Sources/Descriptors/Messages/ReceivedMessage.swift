// SPDX-License-Identifier: Apache-2.0

public import BasicContainers
import CLinux
import Glibc

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

    /// The process that sent it, on a socket with `SO_PASSPIDFD` and where there was room; nil where it is gone.
    ///
    /// Where a sender with the right to do so claims to be another process, it is of that.
    public var senderProcess: OwnedDescriptor?

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

/// How much ancillary data a receiver makes room for. What does not fit is discarded by the kernel, descriptors closed.
public enum ControlRoom: Equatable, Sendable {
    /// No control buffer at all.
    case none
    /// Exactly `CMSG_SPACE(sizeof(struct ucred))`: on a socket with `SO_PASSCRED` no descriptor can get in.
    case credentials
    /// At most this many descriptors, and credentials.
    case descriptors(Int)
    /// The same, and room for the descriptor of the process that sent it (`SO_PASSPIDFD`), which the kernel puts behind them.
    case descriptorsOfProcess(Int)

    /// Room for as many descriptors as a message can have.
    public static var mostDescriptors: ControlRoom { .descriptors(MessageSocket.mostDescriptors) }

    /// The descriptors that may be kept.
    var descriptorCount: Int {
        switch self {
        case .none, .credentials: 0
        case .descriptors(let count), .descriptorsOfProcess(let count): count
        }
    }

    /// The size of the control buffer in bytes.
    public var byteCount: Int {
        let credentials = linux_cmsg_space(MemoryLayout<linux_ucred>.size)
        switch self {
        case .none: return 0
        case .credentials: return credentials
        case .descriptors(let count): return credentials + linux_cmsg_space(count * MemoryLayout<CInt>.size)
        case .descriptorsOfProcess(let count):
            let one = linux_cmsg_space(MemoryLayout<CInt>.size)
            return credentials + linux_cmsg_space(count * MemoryLayout<CInt>.size) + one
        }
    }
}

/// `struct ucred` of unix(7): a process and its ids, as the kernel vouches for them, in the receiver's namespaces.
public struct ProcessCredentials: Equatable, Hashable, Sendable {
    public let pid: Int32
    public let uid: UInt32
    public let gid: UInt32

    public init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
    }

    init(_ credentials: linux_ucred) {
        self.init(pid: credentials.pid, uid: credentials.uid, gid: credentials.gid)
    }

    /// The message was sent before its receiver asked for credentials: the kernel says pid 0 and the overflow ids.
    public var isUnattached: Bool { pid == 0 && uid == 65534 && gid == 65534 }
}

// SPDX-License-Identifier: Apache-2.0

/// Where a listener is bound.
package enum ListenAddress: Sendable, Hashable {
    /// `host` is a numeric address, without brackets; `*` is every address of the host.
    case tcp(host: String, port: UInt16, backlog: Int, options: ListenOptions = ListenOptions())
    case udp(host: String, port: UInt16, options: ListenOptions = ListenOptions())

    case unix(UnixListenAddress)
}

/// Where a Unix socket is bound, and as whom.
package struct UnixListenAddress: Sendable, Hashable {
    /// A path, or `@NAME` for a name in the abstract namespace.
    package var path: String
    package var type: UnixSocketType
    /// The permissions of the path.
    package var mode: UInt32
    /// The user under whom it is made, since clients of it see its maker as the server.
    package var owner: NamedID
    /// The group under which it is made, likewise; nil: one that means nobody.
    package var group: NamedID?
    package var backlog: Int

    package init(
        path: String, type: UnixSocketType, mode: UInt32, owner: NamedID, group: NamedID? = nil, backlog: Int
    ) {
        self.path = path
        self.type = type
        self.mode = mode
        self.owner = owner
        self.group = group
        self.backlog = backlog
    }

    /// Whether it has no path, and so no permissions and no directory that it lies in.
    package var isAbstract: Bool { path.utf8.first == UInt8(ascii: "@") }

    package static func == (left: Self, right: Self) -> Bool {
        left.path.isSame(as: right.path) && left.type == right.type && left.mode == right.mode
            && left.owner == right.owner && left.group == right.group && left.backlog == right.backlog
    }
}

/// The type of a Unix socket.
package enum UnixSocketType: String, CaseIterable, Sendable {
    case stream, seqpacket, datagram
}

/// What is set of an internet socket before it is bound.
package struct ListenOptions: Sendable, Hashable {
    /// Whether what is bound to an IPv6 address takes IPv4, too (`IPV6_V6ONLY` off).
    package var acceptsIPv4 = false
    /// Whether other sockets of the same user may have the port, too (`SO_REUSEPORT`).
    package var sharesPort = false
    /// Whether the address need not be there yet (`IP_FREEBIND`).
    package var bindsFreely = false
    /// `SO_RCVBUF` and `SO_SNDBUF`, in bytes; nil: the kernel's choice, which it adapts.
    package var receiveBuffer: Int?
    package var sendBuffer: Int?

    package init() {}
}

// SPDX-License-Identifier: Apache-2.0

/// Where a listener is bound.
package enum ListenAddress: Sendable, Hashable {
    /// `host` is a numeric address, without brackets; `*` is every address of the host.
    case tcp(host: String, port: UInt16, backlog: Int)
    case udp(host: String, port: UInt16)

    /// A path; the socket is made under the user `owner`, since clients of it see its maker as the server.
    case unix(path: String, type: UnixSocketType, mode: UInt32, owner: NamedID, backlog: Int)
}

/// The type of a Unix socket.
package enum UnixSocketType: String, CaseIterable, Sendable {
    case stream, seqpacket, datagram
}

// SPDX-License-Identifier: Apache-2.0

/// Where a connection leads.
package enum ConnectAddress: Sendable, Hashable {
    /// `host` is a numeric address, without brackets, or a name, which is resolved for each grant.
    case tcp(host: String, port: UInt16)

    /// A path. It is connected to under the user `user`, whom the server sees.
    case unix(path: String, type: UnixSocketType, user: NamedID)

    package static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.tcp(let host, let port), .tcp(let other, let otherPort)): host == other && port == otherPort
        case (.unix(let path, let type, let user), .unix(let other, let otherType, let otherUser)):
            path.isSame(as: other) && type == otherType && user == otherUser
        default: false
        }
    }
}

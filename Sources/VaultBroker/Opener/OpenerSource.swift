// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// Where the opener comes from.
package enum OpenerSource: ~Copyable, Sendable {
    /// This process has started it, with the privileges that it had then. Where it still has them, `again` starts another.
    case process(OpenerProcess, again: Start?)
    /// The service manager listens at this path and starts an opener for each connection (`vaultd-opener.socket`).
    case service(FilePath)

    package typealias Start = @Sendable () throws(Errno) -> OpenerProcess

    /// Connects to the service manager's socket, without waiting.
    ///
    /// - Throws: what connect(2) says; `EPERM` if whoever listens there is neither root nor this process's own user.
    static func connect(to path: FilePath) throws(Errno) -> OwnedDescriptor {
        let socket = try UnixSocket.connect(to: .path(path), type: .seqpacket, nonBlocking: true)
        let peer = try Peer.credentials(of: socket)
        guard peer.uid == 0 || peer.uid == geteuid() else { throw .notPermitted }
        return socket
    }
}

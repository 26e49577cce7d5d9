// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// What an opener does first that was not started by the broker, but by the service manager, because of a connection.
enum Introduction {
    /// Looks who has connected, as the kernel recorded it, and sends this process's pidfd: so the broker knows that the
    /// opener is there, and notices its end even while a worker that cannot die keeps the socket open.
    static func make(to uid: UInt32, on socket: borrowing OwnedDescriptor) throws {
        let peer = try Peer.credentials(of: socket)
        guard peer.uid == uid else {
            throw UsageError(message: "the connection is uid \(peer.uid)'s, and vaultd runs as uid \(uid)")
        }
        let pidfd = try ProcessDescriptor.open(getpid())
        let status = OpenedStatus(flags: 0, mode: 0, device: 0, inode: 0, representedDevice: 0)
        let answer = OpenerAnswer(id: OpenerAnswer.arrivalID, outcome: .descriptors(count: 1, status))
        try MessageSocket.send(answer.encoded().span, passing: pidfd, on: socket)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// Why a peer is nobody that the broker could serve.
package enum IdentityRefusal: Error, Equatable, Sendable {
    /// It has no pid here: it lives in a pid namespace that this process does not see.
    case notVisible
    /// It has ended, or was reaped before it could be pinned.
    case gone
    /// Its effective ids are no longer those with which it connected, as after executing a set-user-ID program.
    case idsChanged(connectedUID: UInt32, connectedGID: UInt32, uid: UInt32, gid: UInt32)
    /// The kernel did not say who it is: `EMFILE` and the like.
    case failed(Errno, call: String)

}

extension IdentityRefusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notVisible: "the peer has no pid in the broker's pid namespace"
        case .gone: "the peer has ended"
        case .idsChanged(let connectedUID, let connectedGID, let uid, let gid):
            "the peer connected as \(connectedUID):\(connectedGID) and is now \(uid):\(gid)"
        case .failed(.noFunction, let call):
            "\(call) is not there: the kernel is too old, or a filter of system calls answers ENOSYS"
        case .failed(let errno, let call): "\(call): \(errno)"
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

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

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

extension PeerIdentification {
    /// Who sent a datagram.
    ///
    /// The ids are those that came with it (`SO_PASSCRED`), which are the real ones: a process that has others as its effective ids is
    /// refused. Its groups and its label are told of a connection only; of a datagram they are unknown.
    ///
    /// - Parameters:
    ///   - pidfd: of the process that sent it (`SO_PASSPIDFD`). Without it (a kernel before 6.5) the pin is weak: it is of whoever
    ///     has the pid now, where that has these ids. Then the control group is read all the same, to give things a name by: the
    ///     policy believes nothing that it is told of a weakly pinned process but its ids.
    ///   - kinds: the facts to read, as far as this process may.
    package func identify(
        sender credentials: ProcessCredentials, pidfd given: HeldDescriptor?, needs kinds: ProcessFactKinds
    ) -> Result<IdentifiedPeer, IdentityRefusal> {
        Result { () throws(IdentityRefusal) in
            guard credentials.pid > 0, !credentials.isUnattached else { throw .notVisible }
            let pidfd = if let given { given } else { try Self.weakPin(pid: credentials.pid) }
            guard try Self.call("poll", { () throws(Errno) in try ProcessDescriptor.isAlive(pidfd) }) else {
                throw .gone
            }
            let inode = try pidfdInode(pidfd)
            let state = try Self.currentState(pidfd: pidfd, pid: credentials.pid)
            try Self.compare(state, with: credentials)
            let needed: ProcessFactKinds = [.cgroup, .groups]
            let pin: IdentifiedPeer.Pin = given == nil ? .weak : .pidfd
            let read = try facts(
                pin == .weak ? needed : kinds.union(needed), pid: credentials.pid, pidfd: pidfd,
                cgroupID: state.cgroupID)
            var facts = read
            if pin == .weak {
                facts = Self.unreadable(kinds)
                facts.cgroup = read.cgroup
            }
            facts.groups = read.groups
            if case .known = read.groups {
                facts.groups = .unknown(.noConnection)
            } else {
                facts.namespaceOwner =
                    try self.facts(.namespaceOwner, pid: credentials.pid, pidfd: pidfd, cgroupID: nil).namespaceOwner
            }
            return IdentifiedPeer(
                credentials: credentials, groups: [], label: .unknown(.noConnection), pin: pin, pidfd: pidfd,
                pidfdInode: inode, cgroupID: state.cgroupID, facts: facts, idMapIsIdentity: idMapIsIdentity)
        }
    }
}

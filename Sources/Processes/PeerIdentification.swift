// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage

/// Finds out who a peer is, when it connects and again before something is sent to it.
///
/// Holds what is the same for all peers: what this kernel can do, the reader's own namespaces, and which control group
/// has which path. Each call asks as little of the kernel as its answer needs.
///
/// Not Sendable: it belongs to one thread, or actor, and to all that lives there.
package final class PeerIdentification {
    /// The namespaces of this process: what a rule calls `host`.
    package let ownNamespaces: NamespaceFacts?

    /// Whether both id maps of this process's user namespace are the identity over all ids.
    package let idMapIsIdentity: Bool

    /// The device number of pidfs; nil before Linux 6.9, where all pidfds share one inode.
    private let pidfsDevice: UInt64?

    private var cgroupPaths = CgroupPaths()
    private let mounts: MountView

    /// - Parameter mayLookUpPaths: whether this reader may wait for file systems: then the executable of a process with
    ///   mounts of its own is compared with what its path names here. Otherwise that is left to one who may.
    package init(mayLookUpPaths: Bool = false) {
        mounts = MountView(namespace: Self.readOwnMountNamespace(), mayLookUp: mayLookUpPaths)
        ownNamespaces = Self.readOwnNamespaces()
        idMapIsIdentity = UserNamespace.mapIsIdentity("uid_map") && UserNamespace.mapIsIdentity("gid_map")
        pidfsDevice = Self.readPidfsDevice()
    }

    /// Who is at the other end of an accepted, connected Unix socket.
    ///
    /// The order of the calls is ids, groups, label, pidfd, inode, ids again (Decisions: identity comes from the socket);
    /// then, for `kinds`, the directory of the process, that it is still alive, and reads through that directory only.
    ///
    /// - Parameter kinds: the facts to read beyond what the socket says. What cannot be read is unknown, which is no
    ///   reason to refuse a peer. With `groups` comes the owner of the namespace of a peer whose ids are not ours.
    package func identify(
        socket: borrowing some Descriptor & ~Copyable, needs kinds: ProcessFactKinds
    ) -> Result<IdentifiedPeer, IdentityRefusal> {
        Result { () throws(IdentityRefusal) in
            let credentials = try Self.call("SO_PEERCRED") { () throws(Errno) in try Peer.credentials(of: socket) }
            guard credentials.pid > 0 else { throw .notVisible }
            let groups = try Self.call("SO_PEERGROUPS") { () throws(Errno) in try Peer.groups(of: socket) }
            let label = Self.label(of: socket)
            let (pidfd, pin) = try Self.pin(socket: socket, pid: credentials.pid)
            let inode = try pidfdInode(pidfd)
            let state = try Self.currentState(pidfd: pidfd, pid: credentials.pid)
            try Self.compare(state, with: credentials)
            var facts =
                pin == .weak
                ? try weakFacts(kinds, pid: credentials.pid, pidfd: pidfd)
                : try facts(kinds, pid: credentials.pid, pidfd: pidfd, cgroupID: state.cgroupID)
            // Where the map is not ours: the few to whom it applies pay for it.
            if case .unknown = facts.groups {
                facts.namespaceOwner =
                    pin == .weak
                    ? .unknown(.weakPin)
                    : try self.facts(.namespaceOwner, pid: credentials.pid, pidfd: pidfd, cgroupID: nil).namespaceOwner
            }
            return IdentifiedPeer(
                credentials: credentials, groups: groups, label: label, pin: pin, pidfd: pidfd, pidfdInode: inode,
                cgroupID: state.cgroupID, facts: facts, idMapIsIdentity: idMapIsIdentity)
        }
    }

    /// Whether the peer is still whom the decision was made about, asked directly before sending.
    ///
    /// - Parameter kinds: the facts that the decision rests on. Those that were not known are not looked at: the decision
    ///   was made as if they were the worst that they can be.
    package func recheck(_ peer: IdentifiedPeer, using kinds: ProcessFactKinds) -> Recheck {
        do throws(IdentityRefusal) {
            let pidfd = peer.pidfd
            guard try Self.call("poll", { () throws(Errno) in try ProcessDescriptor.isAlive(pidfd) }) else {
                throw .gone
            }
            let state = try Self.currentState(pidfd: pidfd, pid: peer.credentials.pid)
            try Self.compare(state, with: peer.credentials)
            if peer.pin == .weak || kinds.isEmpty { return .unchanged }
            var kinds = peer.facts.known(among: kinds)
            // The id of a control group stands for its path.
            if kinds.contains(.cgroup), let before = peer.cgroupID, let now = state.cgroupID {
                if before != now { return .changed(.cgroup) }
                kinds.remove(.cgroup)
            }
            if kinds.isEmpty { return .unchanged }
            let now = try facts(kinds, pid: peer.credentials.pid, pidfd: pidfd, cgroupID: state.cgroupID)
            let hidden = now.forPrivilegedReader(among: kinds)
            let changed = now.differences(from: peer.facts, among: kinds.subtracting(hidden))
            if !changed.isEmpty { return .changed(changed) }
            // What is hidden from this process now as it was then is as unknown as it was.
            let open = now.differences(from: peer.facts, among: hidden)
            return open.isEmpty ? .unchanged : .needsOpener(open)
        } catch {
            return .refused(error)
        }
    }

    /// The facts of a process that somebody else identified: what the opener does for the broker.
    package func inspect(
        pidfd: borrowing some Descriptor & ~Copyable, kinds: ProcessFactKinds
    ) -> Result<ProcessFacts, IdentityRefusal> {
        Result { () throws(IdentityRefusal) in
            let pid = try Self.visiblePID(pidfd)
            return try facts(kinds, pid: pid, pidfd: pidfd, cgroupID: nil)
        }
    }

    /// Where what a process executes lies, as an `O_PATH` descriptor: the file is not opened, and its file system not
    /// asked.
    package static func locateExecutable(pidfd: borrowing some Descriptor & ~Copyable) throws(IdentityRefusal)
        -> OwnedDescriptor
    {
        let pid = try visiblePID(pidfd)
        return try call("open of /proc/PID/exe") { () throws(Errno) in
            try ProcessDirectory(pid: pid, pinnedBy: pidfd).locateExecutable()
        }
    }

    /// Of a process that is known by its pid alone nothing is read but what can only speak against it.
    private func weakFacts(
        _ kinds: ProcessFactKinds, pid: Int32, pidfd: borrowing some Descriptor & ~Copyable
    ) throws(IdentityRefusal) -> ProcessFacts {
        var facts = Self.unreadable(kinds)
        guard kinds.contains(.groups) else { return facts }
        facts.groups = try self.facts(.groups, pid: pid, pidfd: pidfd, cgroupID: nil).groups
        return facts
    }

    func facts(
        _ kinds: ProcessFactKinds, pid: Int32, pidfd: borrowing some Descriptor & ~Copyable, cgroupID: UInt64?
    ) throws(IdentityRefusal) -> ProcessFacts {
        var known: String?
        var rest = kinds
        if kinds.contains(.cgroup), let cgroupID, let path = cgroupPaths.path(ofGroup: cgroupID) {
            known = path
            rest.remove(.cgroup)
        }
        var facts = ProcessFacts()
        if !rest.isEmpty, rest.isSubset(of: [.loginUID, .groups]) {
            facts = try Self.call("poll") { () throws(Errno) in
                try ProcessDirectory.quickFacts(rest, pid: pid, pinnedBy: pidfd)
            }
        } else if !rest.isEmpty {
            do {
                let directory = try ProcessDirectory(pid: pid, pinnedBy: pidfd)
                facts = directory.facts(rest, in: mounts)
            } catch .noSuchProcess {
                throw .gone
            } catch {
                facts = Self.unreadable(rest, FactProblem(errno: error.rawValue))
            }
            remember(facts.cgroup, cgroupID: cgroupID, pidfd: pidfd)
        }
        if let known { facts.cgroup = .known(known) }
        return facts
    }

    /// Keeps a path that was read, if the process was in that group before and after the read.
    private func remember(
        _ cgroup: ReadFact<String>, cgroupID: UInt64?, pidfd: borrowing some Descriptor & ~Copyable
    ) {
        guard case .known(let path) = cgroup, let cgroupID,
            let now = try? ProcessDescriptor.information(of: pidfd), now.cgroupID == cgroupID
        else { return }
        cgroupPaths.remember(path, ofGroup: cgroupID)
    }

    func pidfdInode(_ pidfd: borrowing some Descriptor & ~Copyable) throws(IdentityRefusal) -> UInt64? {
        guard let pidfsDevice else { return nil }
        let status = try Self.call("fstat") { () throws(Errno) in try FileStatus(of: pidfd) }
        return status.device == pidfsDevice ? status.inode : nil
    }
}

/// What asking again about a peer found.
package enum Recheck: Equatable, Sendable {
    case unchanged
    /// These facts are no longer what the decision used.
    case changed(ProcessFactKinds)
    /// These facts came from the opener, and only it can compare them again.
    case needsOpener(ProcessFactKinds)
    case refused(IdentityRefusal)
}

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

    init(_ error: Errno, call: String) { self = error == .noSuchProcess ? .gone : .failed(error, call: call) }
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

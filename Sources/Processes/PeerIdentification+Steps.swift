// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage

extension PeerIdentification {
    /// `SO_PEERPIDFD`, or on a kernel before 6.5 a pidfd of whoever has the pid now.
    static func pin(socket: borrowing some Descriptor & ~Copyable, pid: Int32) throws(IdentityRefusal) -> (
        HeldDescriptor, IdentifiedPeer.Pin
    ) {
        do {
            return (HeldDescriptor(try Peer.processDescriptor(of: socket)), .pidfd)
        } catch .protocolNotAvailable {
            return (try weakPin(pid: pid), .weak)
        } catch .invalidArgument {
            throw .gone
        } catch {
            throw IdentityRefusal(error, call: "SO_PEERPIDFD")
        }
    }

    /// A descriptor of whoever has the pid now; comparing its ids with those of the socket is left to the caller.
    static func weakPin(pid: Int32) throws(IdentityRefusal) -> HeldDescriptor {
        HeldDescriptor(try call("pidfd_open") { () throws(Errno) in try ProcessDescriptor.open(pid) })
    }

    /// A label that cannot be read is unknown; that the system has none is known.
    static func label(of socket: borrowing some Descriptor & ~Copyable) -> ReadFact<String?> {
        do {
            return .known(try Peer.label(of: socket))
        } catch {
            return .unknown(FactProblem(errno: error.rawValue))
        }
    }

    /// Ids and control group now: by `PIDFD_GET_INFO`, or before Linux 6.13 from fdinfo and `status`.
    static func currentState(pidfd: borrowing some Descriptor & ~Copyable, pid: Int32) throws(IdentityRefusal)
        -> CurrentState
    {
        guard let information = try information(pidfd) else { return try stateFromFiles(pidfd: pidfd, pid: pid) }
        guard information.pid > 0 else { throw .notVisible }
        guard information.pid == pid else { throw .gone }
        return CurrentState(
            uid: information.effectiveUID, gid: information.effectiveGID,
            cgroupID: information.cgroupID == 0 ? nil : information.cgroupID)
    }

    private static func information(_ pidfd: borrowing some Descriptor & ~Copyable) throws(IdentityRefusal)
        -> ProcessInformation?
    {
        do {
            return try ProcessDescriptor.information(of: pidfd)
        } catch .inappropriateIOCTLForDevice {
            return nil
        } catch {
            throw IdentityRefusal(error, call: "PIDFD_GET_INFO")
        }
    }

    static func stateFromFiles(pidfd: borrowing some Descriptor & ~Copyable, pid: Int32) throws(IdentityRefusal)
        -> CurrentState
    {
        guard try pidFromFiles(pidfd) == pid else { throw .gone }
        // Not to know who somebody is now is no reason to take them for who they were.
        let ids = try call("/proc/PID/status") { () throws(Errno) in
            try ProcessDirectory(pid: pid, pinnedBy: pidfd).effectiveIDs()
        }
        return CurrentState(uid: ids.uid, gid: ids.gid, cgroupID: nil)
    }

    static func visiblePID(_ pidfd: borrowing some Descriptor & ~Copyable) throws(IdentityRefusal) -> Int32 {
        guard let information = try information(pidfd) else { return try pidFromFiles(pidfd) }
        guard information.pid > 0 else { throw .notVisible }
        return information.pid
    }

    private static func pidFromFiles(_ pidfd: borrowing some Descriptor & ~Copyable) throws(IdentityRefusal) -> Int32 {
        try call("/proc/self/fdinfo") { () throws(Errno) in try ProcessDescriptor.pid(of: pidfd) }
    }

    static func compare(_ state: CurrentState, with credentials: ProcessCredentials) throws(IdentityRefusal) {
        guard state.uid == credentials.uid, state.gid == credentials.gid else {
            throw .idsChanged(
                connectedUID: credentials.uid, connectedGID: credentials.gid, uid: state.uid, gid: state.gid)
        }
    }

    /// Asked for, and not known: by default because the pin is too weak to tie a read to the peer.
    static func unreadable(_ kinds: ProcessFactKinds, _ why: FactProblem = .weakPin) -> ProcessFacts {
        var facts = ProcessFacts()
        if kinds.contains(.cgroup) { facts.cgroup = .unknown(why) }
        if kinds.contains(.loginUID) { facts.loginUID = .unknown(why) }
        if kinds.contains(.session) { facts.session = .unknown(why) }
        if kinds.contains(.namespaces) { facts.namespaces = .unknown(why) }
        if kinds.contains(.executable) { facts.executable = .unknown(why) }
        if kinds.contains(.groups) { facts.groups = .unknown(why) }
        if kinds.contains(.namespaceOwner) { facts.namespaceOwner = .unknown(why) }
        return facts
    }

    static func call<Value: ~Copyable>(
        _ name: String, _ body: () throws(Errno) -> Value
    ) throws(IdentityRefusal) -> Value {
        do {
            return try body()
        } catch {
            throw IdentityRefusal(error, call: name)
        }
    }

    static func readOwnNamespaces() -> NamespaceFacts? {
        ownDirectory()?.namespaces().value
    }

    static func readOwnMountNamespace() -> UInt64? {
        (try? ownDirectory()?.mountNamespace()) ?? nil
    }

    private static func ownDirectory() -> ProcessDirectory? {
        guard let pidfd = try? ProcessDescriptor.open(getpid()) else { return nil }
        return try? ProcessDirectory(pid: getpid(), pinnedBy: pidfd)
    }

    static func readPidfsDevice() -> UInt64? {
        guard let pidfd = try? ProcessDescriptor.open(getpid()),
            (try? DescriptorStatus.filesystemType(of: pidfd)) == LINUX_MAGIC_PIDFS
        else { return nil }
        return try? FileStatus(of: pidfd).device
    }
}

/// A peer's effective ids and control group as they are now.
struct CurrentState: Equatable, Sendable {
    let uid: UInt32
    let gid: UInt32
    /// Of its group in the unified hierarchy, an id that is never given to another group; nil if the kernel does not
    /// say.
    let cgroupID: UInt64?
}

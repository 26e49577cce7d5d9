// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@testable import Processes

@Suite("Who sent a datagram", .enabled(if: Command.canChangeUser, "needs root and setpriv"))
struct DatagramSenderTests {
    private static func sender(uid: UInt32 = 4711, of pid: Int32) -> ProcessCredentials {
        ProcessCredentials(pid: pid, uid: uid, gid: 4712)
    }

    @Test("With a descriptor of the process it is pinned; groups and label are not told")
    func pinned() async throws {
        try await onThread {
            let peer = try ConnectedPeer(wrapper: PeerIdentificationTests.asUser)
            let identification = PeerIdentification()
            let connected = try identification.identify(socket: peer.connection, needs: [.cgroup, .loginUID]).get()
            let found = try identification.identify(
                sender: Self.sender(of: peer.pid), pidfd: connected.pidfd, needs: [.loginUID]
            ).get()
            #expect(found.pin == .pidfd && found.pidfdInode == connected.pidfdInode)
            #expect(found.facts.cgroup == connected.facts.cgroup && found.facts.cgroup.value != nil)
            #expect(found.facts.loginUID == connected.facts.loginUID)
            #expect(found.facts.groups == .unknown(.noConnection) && found.groups.isEmpty)
            #expect(found.label == .unknown(.noConnection))
        }
    }

    @Test("Without one nothing is believed but the ids; the control group is there for a name")
    func weak() async throws {
        try await onThread {
            let peer = try ConnectedPeer(wrapper: PeerIdentificationTests.asUser)
            let found = try PeerIdentification().identify(
                sender: Self.sender(of: peer.pid), pidfd: nil, needs: [.loginUID, .namespaces]
            ).get()
            #expect(found.pin == .weak && found.facts.cgroup.value != nil)
            #expect(found.facts.loginUID == .unknown(.weakPin) && found.facts.namespaces == .unknown(.weakPin))
        }
    }

    @Test("Whose ids are others, whose process is another or has ended is nobody")
    func refused() async throws {
        try await onThread {
            let peer = try ConnectedPeer(wrapper: PeerIdentificationTests.asUser)
            let identification = PeerIdentification()
            let pidfd = HeldDescriptor(try ProcessDescriptor.open(peer.pid))
            let own = HeldDescriptor(try ProcessDescriptor.open(getpid()))
            func refusal(_ sender: ProcessCredentials, _ pidfd: HeldDescriptor?) -> IdentityRefusal? {
                guard case .failure(let why) = identification.identify(sender: sender, pidfd: pidfd, needs: []) else {
                    return nil
                }
                return why
            }
            let other = IdentityRefusal.idsChanged(connectedUID: 0, connectedGID: 4712, uid: 4711, gid: 4712)
            #expect(refusal(Self.sender(uid: 0, of: peer.pid), pidfd) == other)
            #expect(refusal(Self.sender(uid: 0, of: peer.pid), nil) == other)
            #expect(refusal(Self.sender(of: peer.pid), own) == .gone)
            #expect(refusal(Self.sender(of: 0), pidfd) == .notVisible)
            #expect(refusal(ProcessCredentials(pid: 0, uid: 65534, gid: 65534), nil) == .notVisible)
            try peer.kill()
            #expect(refusal(Self.sender(of: peer.pid), pidfd) == .gone)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@testable import Processes

struct PeerIdentificationTests {
    static let asUser = ["setpriv", "--reuid", "4711", "--regid", "4712", "--groups", "4712,4713,4714", "--"]

    @Test("Without a rule that needs more, a peer is its socket's ids, groups and label, and a pinned process")
    func socketFacts() async throws {
        try await onThread {
            let peer = try ConnectedPeer()
            let identification = PeerIdentification()
            let identified = try identification.identify(socket: peer.connection, needs: []).get()
            #expect(identified.credentials == ProcessCredentials(pid: peer.pid, uid: geteuid(), gid: getegid()))
            #expect(identified.pin == .pidfd)
            #expect(identified.facts == ProcessFacts())
            #expect(identified.idMapIsIdentity)
            #expect(try ProcessDescriptor.pid(of: identified.pidfd) == peer.pid)
            #expect(try identified.pidfdInode == ProcessDescriptor.inode(of: identified.pidfd))
            if case .unknown(let why) = identified.label { Issue.record("label: \(why)") }
        }
    }

    @Test(
        "Ids and groups come from the socket, not from a look-up of the user",
        .enabled(if: Command.canChangeUser, "needs root and setpriv"))
    func otherUser() async throws {
        try await onThread {
            let peer = try ConnectedPeer(wrapper: Self.asUser)
            let identification = PeerIdentification()
            let identified = try identification.identify(socket: peer.connection, needs: .all).get()
            #expect(identified.credentials.uid == 4711)
            #expect(identified.credentials.gid == 4712)
            #expect(identified.groups.sorted() == [4712, 4713, 4714])
        }
    }

    @Test(
        "In a user namespace of one's own groups can be left, so they are not known",
        .enabled(if: Command.canChangeUser && Command.find("unshare") != nil, "needs root and unshare"))
    func ownUserNamespace() async throws {
        try await onThread {
            let identification = PeerIdentification()
            for kinds in [.groups, [.groups, .loginUID], .all] as [ProcessFactKinds] {
                let outside = try ConnectedPeer(wrapper: Self.asUser)
                let known = try identification.identify(socket: outside.connection, needs: kinds).get()
                #expect(known.facts.groups == .known(AllGroups()))
                #expect(identification.recheck(known, using: .groups) == .unchanged)
                let inside = try ConnectedPeer(wrapper: ["unshare", "--user", "--map-root-user", "--"])
                let unknown = try identification.identify(socket: inside.connection, needs: kinds).get()
                #expect(unknown.facts.groups == .unknown(.otherUserNamespace))
                #expect(unknown.needsOpener(among: .groups) == [])
            }
        }
    }

    @Test(
        "A login uid counts in a session of that user alone, since a process without one can take any",
        arguments: [
            ("/user.slice/user-7.slice/session-3.scope", true), ("/user.slice/user-7.slice/user@7.service/x", true),
            ("/user.slice/user-8.slice/session-3.scope", false), ("/user.slice/user-7.slice/user@8.service", false),
            ("/user.slice/user-7.slice", false), ("/user.slice/user-7.slice/session-3.service", false),
            ("/system.slice/user.slice/user-7.slice/session-3.scope", false), ("/", false),
            ("/user.slice/\u{301}user-7.slice/session-3.scope", false),
        ])
    func managedLogin(cgroup: String, isManaged: Bool) {
        var facts = ProcessFacts()
        facts.loginUID = .known(7)
        #expect(!facts.isLoginManaged)
        facts.cgroup = .known(cgroup)
        #expect(facts.isLoginManaged == isManaged)
        facts.loginUID = .known(nil)
        #expect(!facts.isLoginManaged)
    }

    @Test("All facts of a process that one may look at are known")
    func allFacts() async throws {
        try await onThread {
            let peer = try ConnectedPeer()
            let identification = PeerIdentification()
            let facts = try identification.identify(socket: peer.connection, needs: .all).get().facts
            #expect(facts.executable.value?.path == BuiltProgram.path("ConnectingPeer").string)
            let file = try FileStatus(ofPath: BuiltProgram.path("ConnectingPeer"))
            #expect(facts.executable.value?.device == file.device)
            #expect(facts.executable.value?.inode == file.inode)
            #expect(facts.namespaces.value == identification.ownNamespaces)
            let ownLogin = try String(decoding: OwnedDescriptor.open("/proc/self/loginuid").readAll(), as: UTF8.self)
            #expect(facts.loginUID == .known(ownLogin == "4294967295" ? nil : UInt32(ownLogin)))
            #expect(facts.session != .notRead)
            #expect(facts.cgroup != .notRead)
        }
    }

    @Test(
        "Another user's executable and namespaces are unknown to one who may not trace it, and left to the opener",
        .enabled(if: Command.canChangeUser, "needs root and setpriv"))
    func unprivilegedReader() async throws {
        let peer = try await onThread { try ConnectedPeer(wrapper: Self.asUser) }
        try await onThread {
            // Only this thread changes its user, and it ends here.
            try SystemCall.retrying { linux_thread_setresuid(4799, 4799, 4799) }
            let identification = PeerIdentification()
            let identified = try identification.identify(socket: peer.connection, needs: .all).get()
            #expect(identified.facts.executable == .unknown(.permissionDenied))
            #expect(identified.facts.namespaces == .unknown(.permissionDenied))
            #expect(identified.facts.cgroup != .unknown(.permissionDenied))
            #expect(identified.needsOpener(among: .all) == [.executable, .namespaces])
            #expect(identified.needsOpener(among: .cgroup) == [])

            var informed = identified
            var facts = ProcessFacts()
            facts.executable = .known(ExecutableFacts(path: "/bin/x", device: 1, inode: 2))
            facts.namespaces = .unknown(.permissionDenied)
            informed.facts.merge(facts, kinds: [.executable, .namespaces])
            #expect(identification.recheck(informed, using: [.cgroup, .executable]) == .needsOpener(.executable))
            #expect(identification.recheck(informed, using: [.cgroup, .namespaces, .loginUID]) == .unchanged)
        }
        // That thread could not kill it, and a zombie of ours would hang the next exit test.
        try await onThread {
            try peer.kill()
            try peer.reap()
        }
    }

    @Test("A peer that was reaped is refused")
    func reaped() async throws {
        try await onThread {
            let peer = try ConnectedPeer()
            try peer.kill()
            try peer.reap()
            let identification = PeerIdentification()
            for kinds in [[], ProcessFactKinds.all] {
                let result = identification.identify(socket: peer.connection, needs: kinds)
                #expect(throws: IdentityRefusal.gone) { try result.get() }
            }
        }
    }

    @Test("A peer that has ended since is refused before sending, reaped or not")
    func endedSince() async throws {
        try await onThread {
            let peer = try ConnectedPeer()
            let identification = PeerIdentification()
            let identified = try identification.identify(socket: peer.connection, needs: .all).get()
            #expect(identification.recheck(identified, using: []) == .unchanged)
            #expect(identification.recheck(identified, using: .all) == .unchanged)
            try peer.kill()
            #expect(identification.recheck(identified, using: []) == .refused(.gone))
            try peer.reap()
            #expect(identification.recheck(identified, using: []) == .refused(.gone))
            #expect(identification.recheck(identified, using: .all) == .refused(.gone))
        }
    }

    @Test(
        "A peer whose effective ids are not those at connect is refused, at accept and before sending",
        .enabled(if: Command.canChangeUser, "needs root"))
    func idsChanged() async throws {
        try await onThread {
            let peer = try ConnectedPeer()
            let identification = PeerIdentification()
            let identified = try identification.identify(socket: peer.connection, needs: []).get()
            try peer.tell("euid 4711")
            let refusal = IdentityRefusal.idsChanged(connectedUID: 0, connectedGID: 0, uid: 4711, gid: 0)
            let again = identification.identify(socket: peer.connection, needs: [])
            #expect(throws: refusal) { try again.get() }
            #expect(identification.recheck(identified, using: []) == .refused(refusal))
        }
    }

    @Test("A peer that executes something else keeps its ids, and changes the one fact that says so")
    func execChanges() async throws {
        try await onThread {
            let peer = try ConnectedPeer()
            let identification = PeerIdentification()
            let identified = try identification.identify(socket: peer.connection, needs: .all).get()
            try peer.tell("exec /usr/bin/cat", answer: "executing")
            try waitOnThread(until: "the peer to execute") {
                identification.recheck(identified, using: .all) != .unchanged
            }
            #expect(identification.recheck(identified, using: .executable) == .changed(.executable))
            #expect(identification.recheck(identified, using: [.cgroup, .loginUID, .namespaces]) == .unchanged)
            #expect(identification.recheck(identified, using: []) == .unchanged)
        }
    }

    @Test(
        "A peer in namespaces of its own is not on the host",
        .enabled(if: Command.canChangeUser && Command.find("unshare") != nil, "needs root and unshare"))
    func namespaces() async throws {
        try await onThread {
            let peer = try ConnectedPeer(wrapper: ["unshare", "--user", "--pid", "--fork", "--kill-child"])
            let identification = PeerIdentification()
            let facts = try identification.identify(socket: peer.connection, needs: .namespaces).get().facts
            let own = try #require(identification.ownNamespaces)
            #expect(facts.namespaces.value?.pid != own.pid)
            #expect(facts.namespaces.value?.user != own.user)
            // Its wrapper reaps it; left behind, it would be a zombie of ours, and the next exit test would hang.
            let inside = try Peer.credentials(of: peer.connection).pid
            kill(inside, SIGKILL)
            for _ in 0..<400 where kill(inside, 0) == 0 { usleep(5000) }
        }
    }

    @Test(
        "Of a peer whose ids are not ours it is known who made its namespace, or that only the opener can tell",
        .enabled(if: Command.canChangeUser && Command.find("unshare") != nil, "needs root, setpriv and unshare"))
    func namespaceOwner() async throws {
        let setpriv = ["setpriv", "--reuid=4711", "--regid=4711", "--clear-groups"]
        // The inner one is made by root of the outer one.
        let peer = try await onThread {
            try ConnectedPeer(wrapper: setpriv + ["unshare", "--user", "--map-root-user", "unshare", "--user"])
        }
        try await onThread {
            let identification = PeerIdentification()
            let facts = try identification.identify(socket: peer.connection, needs: .always).get().facts
            #expect(facts.groups == .unknown(.otherUserNamespace))
            #expect(facts.namespaceOwner == .known(4711))
            let own = try ConnectedPeer()
            let ours = try identification.identify(socket: own.connection, needs: .always).get()
            #expect(ours.facts.namespaceOwner == .notRead)
            let asked = identification.inspect(pidfd: ours.pidfd, kinds: .namespaceOwner)
            #expect(try asked.get().namespaceOwner == .known(nil))
            try own.kill()
            try own.reap()
        }
        try await onThread {
            // Only this thread changes its user, and it ends here.
            try SystemCall.retrying { linux_thread_setresuid(4799, 4799, 4799) }
            let identification = PeerIdentification()
            let identified = try identification.identify(socket: peer.connection, needs: .always).get()
            #expect(identified.facts.namespaceOwner == .unknown(.permissionDenied))
            #expect(identified.needsOpener(among: .namespaceOwner) == .namespaceOwner)
        }
        try await onThread {
            try peer.kill()
            try peer.reap()
        }
    }

    @Test("What older kernels say in files is what newer ones say by PIDFD_GET_INFO")
    func fallback() async throws {
        try await onThread {
            let peer = try ConnectedPeer()
            let credentials = try Peer.credentials(of: peer.connection)
            let (pidfd, pin) = try PeerIdentification.pin(socket: peer.connection, pid: peer.pid)
            #expect(pin == .pidfd)
            let state = try PeerIdentification.stateFromFiles(pidfd: pidfd, pid: peer.pid)
            try PeerIdentification.compare(state, with: credentials)
            let weak = try PeerIdentification.weakPin(pid: peer.pid)
            #expect(try PeerIdentification.currentState(pidfd: weak, pid: peer.pid).uid == state.uid)
            try peer.kill()
            try peer.reap()
            #expect(throws: IdentityRefusal.gone) {
                try PeerIdentification.stateFromFiles(pidfd: pidfd, pid: peer.pid)
            }
            #expect(throws: IdentityRefusal.gone) { try PeerIdentification.weakPin(pid: peer.pid) }
        }
    }

    @Test("What a weak pin does not carry is unknown, and nothing for the opener")
    func weakPin() {
        let facts = PeerIdentification.unreadable([.cgroup, .executable])
        #expect(facts.cgroup == .unknown(.weakPin))
        #expect(facts.executable == .unknown(.weakPin))
        #expect(facts.loginUID == .notRead)
        #expect(facts.forPrivilegedReader(among: .all) == [])
    }

    @Test("The number in a namespace link")
    func namespaceNumber() throws {
        #expect(try ProcessDirectory.namespaceNumber(Array("pid:[4026531836]".utf8), kind: "pid") == 4_026_531_836)
        #expect(try ProcessDirectory.namespaceNumber(Array("user:[1]".utf8), kind: "pid") == nil)
        #expect(try ProcessDirectory.namespaceNumber(Array("pid:[x]".utf8), kind: "pid") == nil)
    }

    @Test("Identifying and refusing, often, leaves no descriptor open")
    func noLeaks() async {
        await #expect(processExitsWith: .success) {
            let alive = try ConnectedPeer()
            let dead = try ConnectedPeer()
            try dead.kill()
            try dead.reap()
            let identification = PeerIdentification()
            let before = Self.ownDescriptors()
            for _ in 0..<Soak.count(200, full: 20_000) {
                let identified = try identification.identify(socket: alive.connection, needs: .all).get()
                precondition(identification.recheck(identified, using: .all) == .unchanged)
                guard case .failure = identification.identify(socket: dead.connection, needs: .all) else { exit(2) }
                guard case .failure = identification.identify(socket: .standardInput, needs: .all) else { exit(3) }
            }
            #expect(Self.ownDescriptors() == before)
        }
    }

    /// What this process has open, but for what libdispatch makes for itself when it needs it.
    private static func ownDescriptors() -> [CInt: String] {
        openDescriptors().filter { !$0.value.hasPrefix("anon_inode:[timerfd]") && $0.value != "anon_inode:[eventfd]" }
    }
}

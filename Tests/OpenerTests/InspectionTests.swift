// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import Processes
import SystemPackage
import Testing
import VaultTestKit

/// "What an unprivileged broker cannot do itself, the privileged opener does for it, on a pidfd that the broker
/// passes: read `exe` and `ns/*` of a process of another user" (Decisions: the opener looks for the broker).
struct InspectionTests {
    @Test(
        "For a broker that may not look, the opener reads another user's executable and namespaces",
        .enabled(if: isRoot && Command.canChangeUser, "needs root and setpriv"))
    func otherUser() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"], brokerUID: 4711)
        let child = try ChildProcess.spawn(
            "/usr/bin/setpriv",
            arguments: ["setpriv", "--reuid", "4799", "--regid", "4799", "--clear-groups", "--", "sleep", "600"])
        let pidfd = HeldDescriptor(try child.pidfd.duplicate())
        defer {
            try? child.signal(SIGKILL)
            _ = try? child.wait()
        }
        let sleep = try #require(Command.find("sleep"))
        let exe = FilePath("/proc/\(child.pid)/exe")
        try await waitUntil("sleep to be executed") { readLink(exe) == sleep.string }

        #expect(try await opener.inspectAsAsker(pidfd).executable == .unknown(.permissionDenied))
        let facts = try await opener.inspect(pidfd, .all)
        #expect(facts.executable.value?.path == sleep.string)
        #expect(try facts.executable.value?.inode == FileStatus(ofPath: exe).inode)
        #expect(facts.namespaces.value == PeerIdentification().ownNamespaces)
        #expect(facts.namespaces.value != nil)
        #expect(facts.cgroup != .notRead && facts.loginUID != .notRead && facts.session != .notRead)

        let some = try await opener.inspect(pidfd, .namespaces)
        #expect(some.executable == .notRead && some.cgroup == .notRead)
    }

    @Test("Of a process that has ended nothing is told, reaped or not")
    func ended() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"])
        let child = try ChildProcess.spawn("/bin/true", arguments: ["true"])
        let pidfd = HeldDescriptor(try child.pidfd.duplicate())
        try await waitUntil("the process to end") { try !ProcessDescriptor.isAlive(pidfd) }
        #expect(await failure { try await opener.inspect(pidfd, .all) } == OpenerFailure(.noSuchProcess))
        _ = try child.reap()
        #expect(await failure { try await opener.inspect(pidfd, .all) } == OpenerFailure(.noSuchProcess))
    }

    @Test("What is no pidfd is refused")
    func notPidfd() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"])
        let file = HeldDescriptor(try OwnedDescriptor.open("/dev/null"))
        #expect(await failure { try await opener.inspect(file, .all) } != nil)
        #expect(
            try await opener.inspect(HeldDescriptor(ProcessDescriptor.open(getpid())), .executable) != ProcessFacts())
    }

    @Test("Processes are looked at while all general workers are stopped")
    func keptFree() async throws {
        let directory = try TemporaryDirectory()
        for index in 0..<2 { try directory.write("", to: "f\(index)") }
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        try await waitUntil("the workers to have started") { opener.workers().count == 2 }
        for worker in opener.workers() { #expect(kill(worker, SIGSTOP) == 0) }
        async let first = failure { try await opener.open(directory.path("f0")) }
        async let second = failure { try await opener.open(directory.path("f1")) }
        let pidfd = HeldDescriptor(try ProcessDescriptor.open(getpid()))
        for _ in 0..<20 { #expect(try await opener.inspect(pidfd, .executable).executable.value != nil) }
        for worker in opener.workers() { #expect(kill(worker, SIGCONT) == 0) }
        #expect(await first == nil)
        #expect(await second == nil)
    }
}

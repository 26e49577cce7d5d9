// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import Processes
import SystemPackage
import Testing
import VaultTestKit

@testable import VaultBroker

/// Births and deaths: of workers, of the supervisor, of its broker.
struct OpenerLifeTests {
    @Test("A killed worker is replaced; what it had to open is opened by another")
    func killedWorker() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("x", to: "file")
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string]) { $0.workers = 1 }
        #expect(try contents(of: await opener.open(path)) == "x")
        for _ in 0..<3 {
            let worker = try #require(opener.workers().first)
            #expect(kill(worker, SIGKILL) == 0)
            #expect(try contents(of: await opener.open(path)) == "x")
        }
        let worker = try #require(opener.workers().first)
        #expect(kill(worker, SIGSTOP) == 0)
        async let failed = failure { try await opener.open(path) }
        try await waitUntil("the request to be under way") { await opener.waitingCount == 1 }
        try await Task.sleep(for: .milliseconds(50))
        #expect(kill(worker, SIGKILL) == 0)
        #expect(await failed == nil)
    }

    @Test(
        "A request over which a worker is killed fails at once, and the helper that it ran is gone, too",
        .enabled(if: isRoot, "needs root, to run a helper"))
    func killedAtWork() async throws {
        let helper = BuiltProgram.path("BookHelper")
        let opener = try await OpenerUnderTest.start(roots: ["/"]) {
            $0.workers = 1
            $0.helpers = [helper]
            $0.helperUser = (4733, 4733)
        }
        _ = try await opener.open("/dev/null")
        let worker = try #require(opener.workers().first)
        async let failed = failure { try await opener.helper([helper.string, "hang"], "/x") }
        try await waitUntil("the helper to run") {
            childProcesses(of: worker).contains { readLink(FilePath("/proc/\($0)/exe")) == helper.string }
        }
        let child = try #require(childProcesses(of: worker).first)
        #expect(kill(worker, SIGKILL) == 0)
        #expect(await failed == OpenerFailure(.ioError, .workerDied, detail: UInt32(SIGKILL)))
        // Nobody but init reaps it now.
        try await waitUntil("the helper to be dead") { readLink(FilePath("/proc/\(child)/exe")) == nil }
        _ = try await opener.open("/dev/null")
    }

    @Test("When the supervisor is killed all that waits fails, what comes later too, and its workers end")
    func killedSupervisor() async throws {
        let directory = try TemporaryDirectory()
        for index in 0..<5 { try directory.write("x", to: "f\(index)") }
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let held = try await opener.open(directory.path("f0"))
        let workers = opener.workers() + opener.workers("inspector")
        #expect(kill(opener.pid, SIGSTOP) == 0)
        let gone = OpenerFailure(.socketNotConnected, .openerGone)
        await withTaskGroup(of: OpenerFailure?.self) { group in
            for index in 0..<5 {
                group.addTask { await failure { try await opener.open(directory.path("f\(index)")) } }
            }
            try? await waitUntil("all to be asked") { await opener.waitingCount == 5 }
            #expect(kill(opener.pid, SIGKILL) == 0)
            for await failure in group { #expect(failure == gone) }
        }
        #expect(await !opener.isAlive)
        #expect(await opener.waitingCount == 0)
        #expect(await failure { try await opener.open(directory.path("f0")) } == gone)
        try await waitUntil("the death to be reported") { await opener.death != nil }
        #expect(await opener.death == .some(.killed(signal: SIGKILL, dumpedCore: false)))
        #expect(try contents(of: held) == "x")
        try await waitUntil("the workers to end") { workers.allSatisfy { kill($0, 0) == -1 && errno == ESRCH } }
    }

    @Test("When the broker closes its socket everything of the opener ends, and no death is reported")
    func closed() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/"])
        _ = try await opener.open("/dev/null")
        let all = [opener.pid] + opener.workers() + opener.workers("inspector")
        #expect(all.count == 4)
        await opener.close()
        try await waitUntil("all its processes to end") { all.allSatisfy { kill($0, 0) == -1 && errno == ESRCH } }
        #expect(await opener.death == nil)
    }

    @Test("Signals that ask to end do not end it while its broker needs it")
    func signals() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/"])
        _ = try await opener.open("/dev/null")
        for pid in [opener.pid] + opener.workers() {
            for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE] { #expect(kill(pid, signal) == 0) }
        }
        for _ in 0..<5 { _ = try await opener.open("/dev/null") }
        #expect(await opener.isAlive)
    }

    @Test("As root it keeps only the capabilities that it needs, and can gain none", .enabled(if: isRoot, "needs root"))
    func capabilities() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/"])
        _ = try await opener.open("/dev/null")
        let descriptor = HeldDescriptor(try ProcessDescriptor.open(getpid()))
        _ = try await opener.inspect(descriptor, .executable)
        let kill: UInt64 = 1 << UInt64(LINUX_CAP_KILL)
        let opening =
            kill | 1 << UInt64(LINUX_CAP_DAC_OVERRIDE) | 1 << UInt64(LINUX_CAP_NET_BIND_SERVICE)
            | 1 << UInt64(LINUX_CAP_SETUID) | 1 << UInt64(LINUX_CAP_SETGID)
        let inspecting = kill | 1 << UInt64(LINUX_CAP_SYS_PTRACE)
        #expect(try Self.status(opener.pid, "CapEff") == kill)
        #expect(try Self.status(opener.pid, "CapPrm") == opening | inspecting)
        for worker in opener.workers() {
            // One that has answered nothing yet may have just begun.
            try await waitUntil("worker \(worker) to have given up the rest") {
                try Self.status(worker, "CapPrm") == opening
            }
            #expect(try Self.status(worker, "CapEff") == opening)
        }
        for worker in opener.workers("inspector") { #expect(try Self.status(worker, "CapPrm") == inspecting) }
        for pid in [opener.pid] + opener.workers() + opener.workers("inspector") {
            #expect(try Self.status(pid, "NoNewPrivs") == 1)
            #expect(try Self.status(pid, "CapBnd") == opening | inspecting)
            // What came with a request is closed after the answer to it.
            try await waitUntil("process \(pid) to have closed what it was passed") {
                openDescriptors(pid: pid).keys.filter { $0 > 2 }.count <= (pid == opener.pid ? 16 : 2)
            }
        }
    }

    @Test("More requests than may wait are refused, and those that wait are all answered")
    func tooMany() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("x", to: "file")
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let path = directory.path("file")
        var answers: [OpenerReason?] = []
        #expect(kill(opener.pid, SIGSTOP) == 0)
        await withTaskGroup(of: OpenerReason?.self) { group in
            for _ in 0..<OpenerClient.waitingLimit + 40 {
                group.addTask { await failure { try await opener.open(path) }?.reason }
            }
            try? await waitUntil("the places to be taken") {
                await opener.waitingCount == OpenerClient.waitingLimit
            }
            #expect(kill(opener.pid, SIGCONT) == 0)
            for await answer in group { answers.append(answer) }
        }
        #expect(answers.count { $0 == nil } >= OpenerClient.waitingLimit)
        #expect(answers.allSatisfy { $0 == nil || $0 == .tooManyRequests })
    }

    @Test("An answer never comes before the request has returned")
    func alwaysLater() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/"])
        #expect(await opener.isCalledBackLater())
        await opener.close()
    }

    @Test("A program that is not there is told at once; arguments that it does not take show as its death")
    func cannotStart() async throws {
        let options = OpenerOptions(roots: ["/"], stateDirectory: "/nonexistent")
        #expect(throws: Errno.noSuchFileOrDirectory) {
            _ = try OpenerProcess.spawn(executable: "/nonexistent/vault-opener", options: options)
        }
        let opener = try await OpenerUnderTest.start(roots: ["relative"])
        try await waitUntil("it to refuse its arguments") { await opener.death != nil }
        #expect(await opener.death == .some(.exited(2)))
    }

    /// A line of `/proc/PID/status`: hexadecimal, or a decimal digit.
    private static func status(_ pid: Int32, _ name: String) throws -> UInt64? {
        let bytes = try OwnedDescriptor.open(FilePath("/proc/\(pid)/status")).readAll()
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix("\(name):\t") }.flatMap { UInt64($0.dropFirst(name.count + 2), radix: 16) }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import Testing
import VaultBroker
import VaultTestKit

/// "A worker past its limit gets `SIGKILL` and is *abandoned*: never waited for with blocking …, replaced at once, at
/// most 16 abandoned, after which opens beneath that mount fail. One path occupies one worker"
/// (Decisions: a worker that hangs is abandoned).
@Suite(.serialized)
struct HangingTests {
    private static let timedOut = OpenerFailure(.timedOut, .timedOut)

    private static func start(
        _ hanging: HangingFileSystem, beside: TemporaryDirectory, workers: Int = 2,
        timeLimit: Duration = .milliseconds(400)
    ) async throws -> OpenerUnderTest {
        try await OpenerUnderTest.start(roots: [hanging.path.string, beside.path.string]) {
            $0.workers = workers
            $0.timeLimit = timeLimit
        }
    }

    private static let obstacle = HangingFileSystem.obstacle

    @Test(
        "A file that never opens costs its own request the time limit, and nobody else anything",
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func othersAreServed() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        let beside = try TemporaryDirectory()
        let path = try beside.write("served", to: "file")
        let opener = try await Self.start(hanging, beside: beside, timeLimit: .seconds(4))
        #expect(try contents(of: await opener.open(hanging.path.appending("fine"))) == "fine\n")

        let start = BootTime.now
        async let first = failure { try await opener.open(hanging.path.appending("hang1")) }
        try await waitUntil("the request to be under way") { await opener.waitingCount == 1 }
        for _ in 0..<5 { #expect(try contents(of: await opener.open(path)) == "served") }
        #expect(await opener.waitingCount == 1, "others waited for the one that hangs")
        #expect(await first == Self.timedOut)
        #expect(start.duration(to: .now) >= .seconds(4))

        // The worker hangs in the kernel and cannot be killed; another has taken its place.
        try await waitUntil("two workers, and the abandoned one") { opener.workers().count == 3 }
        #expect(opener.workers().contains { Self.state(of: $0) == "D" })
        #expect(try contents(of: await opener.open(path)) == "served")
        // What was opened before on the same file system still is.
        #expect(try contents(of: await opener.open(hanging.path.appending("other"))) == "fine\n")
    }

    @Test(
        "A file that opens and never says what it is costs its own request the time limit, and nobody else anything",
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func mute() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        let beside = try TemporaryDirectory()
        let path = try beside.write("served", to: "file")
        let opener = try await Self.start(hanging, beside: beside)
        #expect(await failure { try await opener.open(hanging.path.appending("mute")) } == Self.timedOut)
        #expect(try contents(of: await opener.open(path)) == "served")
    }

    @Test(
        "As many paths of one file system hang as there are workers, and others are served meanwhile",
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func moreThanWorkers() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        let beside = try TemporaryDirectory()
        let path = try beside.write("served", to: "file")
        let opener = try await Self.start(hanging, beside: beside)
        await withTaskGroup(of: OpenerFailure?.self) { group in
            for index in 0..<2 {
                group.addTask { await failure { try await opener.open(hanging.path.appending("hang\(index)")) } }
            }
            try? await waitUntil("both to be under way") { await opener.waitingCount == 2 }
            #expect((try? contents(of: await opener.open(path))) == "served")
            var failures: [OpenerReason?] = []
            for await failure in group { failures.append(failure?.reason) }
            // One had a worker; the other waited for one as long as anybody does.
            #expect(failures.contains(.timedOut) && failures.allSatisfy { $0 == .timedOut || $0 == .noWorkerFree })
        }
        #expect(try contents(of: await opener.open(path)) == "served")
    }

    @Test(
        "One path occupies one worker: who asks for it again waits, or hears at once that it hangs",
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func onePathOneWorker() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        let beside = try TemporaryDirectory()
        let path = try beside.write("served", to: "file")
        let opener = try await Self.start(hanging, beside: beside)
        let hung = hanging.path.appending("hang")
        var failures: [OpenerFailure?] = []
        await withTaskGroup(of: OpenerFailure?.self) { group in
            for _ in 0..<5 { group.addTask { await failure { try await opener.open(hung) } } }
            #expect((try? contents(of: await opener.open(path))) == "served")
            for await failure in group { failures.append(failure) }
        }
        // The others waited in the queue for as long, or were told.
        #expect(failures.count { $0 == Self.timedOut } == 1)
        #expect(failures.allSatisfy { $0?.errno == .timedOut })
        let start = BootTime.now
        #expect(await failure { try await opener.open(hung) } == OpenerFailure(.timedOut, .pathHangs))
        #expect(start.duration(to: .now) < .milliseconds(400), "the time limit, which nobody should wait for")
        #expect(opener.workers().count <= 3)
    }

    @Test(
        "After sixteen abandoned workers nothing on that file system is opened, and everything elsewhere",
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func atMostSixteen() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        let beside = try TemporaryDirectory()
        let path = try beside.write("served", to: "file")
        let opener = try await Self.start(hanging, beside: beside, workers: 8, timeLimit: .seconds(1))
        // One file system gets half of the workers.
        for round in 0..<4 {
            await withTaskGroup(of: OpenerFailure?.self) { group in
                for index in 0..<4 {
                    let path = hanging.path.appending("hang\(round)-\(index)")
                    group.addTask { await failure { try await opener.open(path) } }
                }
                for await failure in group { #expect(failure == Self.timedOut) }
            }
        }
        let refused = OpenerFailure(.timedOut, .mountHangs)
        #expect(await failure { try await opener.open(hanging.path.appending("hang-more")) } == refused)
        #expect(await failure { try await opener.open(hanging.path.appending("fine")) } == refused)
        #expect(try contents(of: await opener.open(path)) == "served")
        #expect(opener.workers().count { Self.state(of: $0) == "D" } == 16)
        // One of the workers looks at processes.
        #expect(await opener.census() == OpenerCensus(busy: 0, idle: 9, abandoned: 16))

        // When the file system comes back, or ends, so do they, and are reaped.
        try await onThread { try hanging.end() }
        try await waitUntil("the abandoned workers to be reaped") { opener.workers().count == 8 }
        #expect(await failure { try await opener.open(hanging.path.appending("fine")) }?.reason != .mountHangs)
    }

    @Test(
        "A look-up that is never answered is no different",
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func lookUp() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        let beside = try TemporaryDirectory()
        let path = try beside.write("served", to: "file")
        let opener = try await Self.start(hanging, beside: beside, workers: 1)
        #expect(await failure { try await opener.open(hanging.path.appending("lost")) } == Self.timedOut)
        #expect(try contents(of: await opener.open(path)) == "served")
    }

    @Test(
        "Where to close a file hangs, the worker hangs that opened it, after it has answered, and nobody else",
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func closing() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        let beside = try TemporaryDirectory()
        let path = try beside.write("served", to: "file")
        let opener = try await Self.start(hanging, beside: beside, workers: 3)
        // This test must not close it either, before the file system has ended.
        let opened = try await opener.open(hanging.path.appending("flush"))
        try await waitUntil("the worker to be abandoned and replaced") { opener.workers().count == 4 }
        #expect(try contents(of: await opener.open(path)) == "served")

        // The supervisor had a copy of what was to be reopened. It does not close it while that hangs.
        let before = openDescriptorCount(pid: opener.pid)
        let reply = await failure { try await opener.reopen(opened, O_RDONLY) }
        #expect(reply == nil || reply?.errno == .timedOut)
        for _ in 0..<3 { #expect(try contents(of: await opener.open(path)) == "served") }
        try await onThread { try hanging.end() }
        try await waitUntil("all to be reaped and closed") {
            opener.workers().count == 3 && openDescriptorCount(pid: opener.pid) <= before
        }
        withExtendedLifetime(opened) {}
    }

    @Test(
        "An opener whose worker hangs in the kernel still ends with its broker",
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func endsNevertheless() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        let beside = try TemporaryDirectory()
        let opener = try await Self.start(hanging, beside: beside)
        #expect(await failure { try await opener.open(hanging.path.appending("hang")) } == Self.timedOut)
        await opener.close()
        try await waitUntil("the supervisor to have gone") { kill(opener.pid, 0) == -1 && errno == ESRCH }
    }

    @Test("A worker that is stopped is killed in its time, and all others are served meanwhile")
    func stoppedWorker() async throws {
        let beside = try TemporaryDirectory()
        for index in 0..<10 { try beside.write("\(index)", to: "f\(index)") }
        let opener = try await OpenerUnderTest.start(roots: [beside.path.string]) {
            $0.timeLimit = .milliseconds(700)
        }
        try await waitUntil("the workers to have started") { opener.workers().count == 2 }
        let stopped = opener.workers()[0]
        #expect(kill(stopped, SIGSTOP) == 0)
        var failures: [OpenerFailure] = []
        let start = BootTime.now
        await withTaskGroup(of: OpenerFailure?.self) { group in
            for index in 0..<10 {
                group.addTask { await failure { try await opener.open(beside.path("f\(index)")) } }
            }
            for await failure in group {
                if let failure { failures.append(failure) }
            }
        }
        #expect(failures == [Self.timedOut])
        #expect(start.duration(to: .now) < .seconds(3))
        try await waitUntil("the stopped one to be replaced") {
            let workers = opener.workers()
            return workers.count == 2 && !workers.contains(stopped)
        }
        // It could be killed, so its path is free again.
        for index in 0..<10 { #expect(try contents(of: await opener.open(beside.path("f\(index)"))) == "\(index)") }
    }

    @Test("All workers stopped: who waits in the queue hears so in time, and the next are served")
    func allStopped() async throws {
        let beside = try TemporaryDirectory()
        for index in 0..<6 { try beside.write("x", to: "f\(index)") }
        let opener = try await OpenerUnderTest.start(roots: [beside.path.string]) {
            $0.timeLimit = .milliseconds(500)
        }
        try await waitUntil("the workers to have started") { opener.workers().count == 2 }
        for worker in opener.workers() { #expect(kill(worker, SIGSTOP) == 0) }
        var failures: [OpenerFailure?] = []
        await withTaskGroup(of: OpenerFailure?.self) { group in
            for index in 0..<6 {
                group.addTask { await failure { try await opener.open(beside.path("f\(index)")) } }
            }
            for await failure in group { failures.append(failure) }
        }
        #expect(failures.count { $0 == Self.timedOut } == 2)
        #expect(failures.allSatisfy { $0 == nil || $0 == Self.timedOut || $0?.reason == .noWorkerFree })
        #expect(try contents(of: await opener.open(beside.path("f0"))) == "x")
    }

    @Test("A reopening that hangs costs its time limit, and the descriptor that came along is not closed for it")
    func reopening() async throws {
        let beside = try TemporaryDirectory()
        let path = try beside.write("x", to: "file")
        let opener = try await OpenerUnderTest.start(roots: [beside.path.string]) {
            $0.workers = 1
            $0.timeLimit = .milliseconds(500)
        }
        let held = HeldDescriptor(try OwnedDescriptor.open(path))
        #expect(try contents(of: await opener.reopen(held, O_RDONLY)) == "x")
        // It reports to the supervisor a moment after it has answered.
        try await Task.sleep(for: .milliseconds(100))
        #expect(kill(try #require(opener.workers().first), SIGSTOP) == 0)
        let before = openDescriptorCount(pid: opener.pid)
        #expect(await failure { try await opener.reopen(held, O_RDONLY) } == Self.timedOut)
        // This worker could be killed after all, and so it was let go of.
        #expect(try contents(of: await opener.reopen(held, O_RDONLY)) == "x")
        try await waitUntil("everything to be closed") { openDescriptorCount(pid: opener.pid) == before }
    }

    @Test("A stopped supervisor costs its client a longer time limit, not for ever")
    func stoppedSupervisor() async throws {
        let beside = try TemporaryDirectory()
        let path = try beside.write("x", to: "file")
        let opener = try await OpenerUnderTest.start(roots: [beside.path.string]) {
            $0.timeLimit = .milliseconds(500)
        }
        #expect(try contents(of: await opener.open(path)) == "x")
        #expect(kill(opener.pid, SIGSTOP) == 0)
        #expect(await failure { try await opener.open(path) } == Self.timedOut)
        #expect(kill(opener.pid, SIGCONT) == 0)
        // The late answer belongs to nobody and is dropped; the next is the right one.
        #expect(try contents(of: await opener.open(path)) == "x")
    }

    private static func state(of pid: Int32) -> String? {
        let bytes = (try? OwnedDescriptor.open(FilePath("/proc/\(pid)/status")).readAll()) ?? []
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix("State:") }.map { String($0.dropFirst("State:\t".count).prefix(1)) }
    }
}

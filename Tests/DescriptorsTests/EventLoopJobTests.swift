// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import SystemPackage
import Testing
import VaultTestKit

@testable import Descriptors

/// The broker in small: an actor whose state is touched by handlers and by tasks, without a lock.
private actor Echo {
    private let loop: EventLoop
    private var watch: WatchToken?
    private var received = 0
    private let socket: HeldDescriptor

    init(loop: EventLoop, socket: consuming OwnedDescriptor) {
        self.loop = loop
        self.socket = HeldDescriptor(socket)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func start() throws(Errno) {
        watch = try loop.watch(socket, for: .readable) { [weak self] _ in
            self?.assumeIsolated { $0.readable() }
        }
    }

    func stop() {
        if let watch { loop.unwatch(watch) }
        watch = nil
    }

    private func readable() {
        guard let message = try? receive(on: socket) else { return }
        received += message.bytes.count
        // A task of the actor, made by a handler.
        Task { answer(message.bytes) }
    }

    private func answer(_ bytes: [UInt8]) {
        _ = try? MessageSocket.send(bytes.span, on: socket)
    }

    func count() -> Int { received }

    func isOnLoop() -> Bool { loop.isOnLoop }

    /// Comes back after leaving the loop.
    func leaveAndReturn() async -> Bool {
        let before = loop.isOnLoop
        await Task.detached {}.value
        try? await Task.sleep(for: .milliseconds(1))
        return before && loop.isOnLoop
    }
}

@Suite("An actor that lives on an event loop")
struct EventLoopActorTests {
    @Test("is entered by handlers without a hop, and by tasks from anywhere, and is always on the loop's thread")
    func echo() async throws {
        let thread = try LoopThread()
        let pair = try MessageSocket.pair(nonBlocking: true)
        let peer = HeldDescriptor(pair.first)
        let echo = Echo(loop: thread.loop, socket: pair.second)
        try await echo.start()
        for round in 1...50 {
            try MessageSocket.send([UInt8(round)].span, on: peer)
            let answer = try await onThread {
                try waitOnThread(on: peer, what: "an echo")
                return try receive(on: peer).bytes
            }
            #expect(answer == [UInt8(round)])
        }
        #expect(await echo.count() == 50)
        #expect(await echo.isOnLoop())
        #expect(await echo.leaveAndReturn())
        #expect(!thread.loop.isOnLoop)
        await echo.stop()
        try await thread.stop()
    }

    @Test("is released when it is unwatched: its handler was no cycle")
    func released() async throws {
        let thread = try LoopThread()
        weak var reference: Echo?
        do {
            let pair = try MessageSocket.pair()
            let echo = Echo(loop: thread.loop, socket: pair.second)
            reference = echo
            try await echo.start()
            await echo.stop()
        }
        try await waitUntil("the actor to be released") { reference == nil }
        #expect(reference == nil)
        try await thread.stop()
    }

    @Test("can be set up on the thread that made the loop, before the loop runs")
    func beforeRun() throws {
        let loop = try EventLoop()
        let pair = try MessageSocket.pair()
        let echo = Echo(loop: loop, socket: pair.second)
        try echo.assumeIsolated { try $0.start() }
        try MessageSocket.send([9].span, on: pair.first)
        loop.runTurns(1)
        #expect(try receive(on: pair.first).bytes == [9])
        echo.assumeIsolated { $0.stop() }
    }
}

@Suite("The jobs of an event loop")
struct EventLoopJobTests {
    @Test("from many threads under load all run, those of one thread in their order")
    func load() async throws {
        let thread = try LoopThread()
        let host = Counter(loop: thread.loop)
        let perThread = Soak.count(5000, full: 500_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in 0..<8 {
                group.addTask {
                    for number in 0..<perThread { await host.add(name, number) }
                }
            }
            // Meanwhile events come too.
            let pair = try MessageSocket.pair()
            let (reader, writer) = (HeldDescriptor(pair.second), HeldDescriptor(pair.first))
            try await host.drain(reader)
            for _ in 0..<1000 { try MessageSocket.send([1].span, on: writer) }
            try await group.waitForAll()
        }
        #expect(await host.total == 8 * perThread)
        #expect(await host.mistakes == 0)
        try await waitUntil("all bytes to be read") { await host.bytes == 1000 }
        await host.stop()
        try await thread.stop()
    }

    @Test("that another thread leaves wake the loop once, however many they are; those of the loop itself never do")
    func wakeUps() async throws {
        let loop = try EventLoop()
        #expect(wakeUpCount(of: loop) == 0)
        // Not running: it is woken for the first and not again.
        await onThread {
            for _ in 0..<100 { loop.enqueueOnLoop {} }
        }
        try await waitUntil("the first job to be left") { wakeUpCount(of: loop) > 0 }
        #expect(wakeUpCount(of: loop) == 1)
        let ran = Journal<Int>()
        let task = Task.detached {
            let host = LoopHost(loop: loop)
            await host.run { ran.append(0) }
        }
        try await onThread {
            startThread { loop.run() }
            try waitOnThread(until: "the job to run") { !ran.entries.isEmpty }
        }
        await task.value
        let before = wakeUpCount(of: loop)
        try await LoopHost(loop: loop).call {
            let own = LoopHost(loop: loop)
            for index in 1...100 { Task { await own.run { ran.append(index) } } }
        }
        try await waitUntil("all jobs to run") { ran.entries.count == 101 }
        // One for the call itself, and tasks are made on the pool, which leaves them: but never one for each.
        #expect(wakeUpCount(of: loop) - before <= 101)
        loop.stop()
    }

    @Test("that are there when the loop stops are run, with what they leave for the end of the turn")
    func drain() async throws {
        let loop = try EventLoop()
        let ran = Journal<String>()
        loop.stop()
        loop.afterTurn {
            ran.append("after the turn")
            loop.afterTurn { ran.append("after the last turn") }
        }
        let host = LoopHost(loop: loop)
        let task = Task.detached { await host.run { ran.append("job") } }
        try await waitUntil("the job to be left") { loop.inbox.withLock { !$0.jobs.isEmpty } }
        await onThread { loop.run() }
        await task.value
        #expect(ran.entries.sorted() == ["after the last turn", "after the turn", "job"])
    }

    @Test("that go on and on do not keep the descriptors waiting")
    func fairness() async throws {
        let thread = try LoopThread()
        let host = Counter(loop: thread.loop)
        await host.spin()
        let pair = try MessageSocket.pair()
        let (reader, writer) = (HeldDescriptor(pair.second), HeldDescriptor(pair.first))
        try await host.drain(reader)
        try MessageSocket.send([1].span, on: writer)
        try await waitUntil("the byte to be read while jobs go on") { await host.bytes == 1 }
        #expect(await host.bytes == 1)
        await host.stop()
        try await thread.stop()
    }

    @Test("run after the events of a turn, and what was left for the end of the turn after both, before the next")
    func turn() throws {
        let loop = try EventLoop()
        let journal = Journal<String>()
        let pair = try MessageSocket.pair()
        try MessageSocket.send([1].span, on: pair.first)
        let host = LoopHost(loop: loop)
        let token = try loop.watch(HeldDescriptor(pair.second), for: .readable) { _ in
            journal.append("event")
            loop.afterTurn { journal.append("after") }
            host.assumeIsolated { host in
                _ = Task { host.run { journal.append("job") } }
            }
        }
        loop.runTurns(2)
        #expect(journal.entries == ["event", "job", "after", "event", "job", "after"])
        loop.unwatch(token)
    }

    @Test("cannot be run by two threads at once")
    func twice() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop()
            startThread { loop.run() }
            startThread { loop.run() }
            await onThread { _ = sleep(20) }
        }
    }

    @Test("and the loop itself leave no descriptor behind")
    func leaks() throws {
        // The loop's descriptors look like those of libdispatch, so many loops have to be told from a few of its own.
        let kinds = ["[eventpoll]", "[eventfd]", "[timerfd]"]
        let before = kinds.map { openDescriptorCount(of: $0) }
        for _ in 0..<200 { try EventLoop().runTurns(1) }
        for (kind, count) in zip(kinds, before) { #expect(openDescriptorCount(of: kind) < count + 100) }
    }

    /// The counter of the loop's eventfd, which nobody reads.
    private func wakeUpCount(of loop: EventLoop) -> Int {
        let text = loop.wakeUp.withUnsafeNumber {
            (try? OwnedDescriptor.open(FilePath("/proc/self/fdinfo/\($0)")).readAll()) ?? []
        }
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("eventfd-count:") }
        return line.flatMap { Int($0.split(separator: " ").last ?? "", radix: 16) } ?? -1
    }
}

private actor Counter {
    private let loop: EventLoop
    private var next: [Int: Int] = [:]
    private(set) var total = 0
    private(set) var mistakes = 0
    private(set) var bytes = 0
    private var watch: WatchToken?
    private var reader: HeldDescriptor?
    private var isSpinning = false

    init(loop: EventLoop) {
        self.loop = loop
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func add(_ name: Int, _ number: Int) {
        if next[name, default: 0] != number || !loop.isOnLoop { mistakes += 1 }
        next[name] = number + 1
        total += 1
    }

    func drain(_ reader: HeldDescriptor) throws(Errno) {
        self.reader = reader
        watch = try loop.watch(reader, for: .readable) { [weak self] _ in
            self?.assumeIsolated { $0.bytes += (try? receive(on: reader).bytes.count) ?? 0 }
        }
    }

    func stop() {
        if let watch { loop.unwatch(watch) }
        watch = nil
        isSpinning = false
    }

    /// Each job leaves the next one, on the loop itself.
    func spin() {
        isSpinning = true
        next()
        func next() {
            Task { if isSpinning { next() } }
        }
    }
}

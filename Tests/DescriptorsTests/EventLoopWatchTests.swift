// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// These run the loop on the test's own thread for a few turns: nothing in them waits.
@Suite("A watch of an event loop")
struct EventLoopWatchTests {
    @Test("is called in each turn for as long as the descriptor is ready, and not after it is unwatched")
    func levelTriggered() throws {
        let loop = try EventLoop()
        let pair = try MessageSocket.pair()
        let calls = Journal<Readiness>()
        let token = try loop.watch(HeldDescriptor(pair.second), for: .readable) { calls.append($0) }
        loop.runTurns(2)
        #expect(calls.entries.isEmpty)
        try MessageSocket.send([1].span, on: pair.first)
        loop.runTurns(3)
        #expect(calls.entries == [.readable, .readable, .readable])
        loop.unwatch(token)
        loop.unwatch(token)
        loop.runTurns(2)
        #expect(calls.entries.count == 3)
        #expect(loop.watchCount == 0)
    }

    @Test("can wait for something else later, or for nothing but the end")
    func change() throws {
        let loop = try EventLoop()
        let pair = try MessageSocket.pair()
        let calls = Journal<Readiness>()
        let token = try loop.watch(HeldDescriptor(pair.second), for: [.readable, .writable]) { calls.append($0) }
        loop.runTurns(1)
        #expect(calls.entries == [.writable])
        loop.change(token, to: .readable)
        loop.runTurns(1)
        #expect(calls.entries.count == 1)
        loop.change(token, to: [])
        try MessageSocket.send([1].span, on: pair.first)
        loop.runTurns(1)
        #expect(calls.entries.count == 1)
        try pair.first.close()
        loop.runTurns(1)
        #expect(calls.entries.last == .hangUp)
        loop.change(token, to: [.readable, .peerClosed])
        loop.runTurns(1)
        #expect(calls.entries.last == [.readable, .peerClosed, .hangUp])
        loop.unwatch(token)
        loop.change(token, to: .writable)
        loop.runTurns(1)
        #expect(calls.entries.count == 3)
    }

    @Test("that is removed by an earlier handler of the same turn is not called, though its event is there")
    func removedInBatch() throws {
        let loop = try EventLoop()
        let calls = Journal<Int>()
        let tokens = Journal<WatchToken>()
        var others: [HeldDescriptor] = []
        for index in 0..<20 {
            let pair = try MessageSocket.pair()
            try MessageSocket.send([1].span, on: pair.first)
            tokens.append(
                try loop.watch(HeldDescriptor(pair.second), for: .readable) { _ in
                    calls.append(index)
                    // The first that is called removes all, itself too.
                    for token in tokens.entries { loop.unwatch(token) }
                })
            others.append(HeldDescriptor(pair.first))
        }
        loop.runTurns(3)
        #expect(calls.entries.count == 1)
        #expect(loop.watchCount == 0)
        withExtendedLifetime(others) {}
    }

    @Test("never gets an event of another descriptor that had its number before, even in the same turn")
    func numberReuse() throws {
        let loop = try EventLoop()
        let stale = Journal<String>()
        let table = Table()
        // Two ready descriptors; the handler of either closes the other and opens a new one, which gets its number.
        for name in ["first", "second"] {
            let pair = try MessageSocket.pair()
            try MessageSocket.send([1].span, on: pair.first)
            let reader = HeldDescriptor(pair.second)
            let token = try loop.watch(reader, for: .readable) { _ in
                stale.append(name)
                table.replace(otherThan: name, on: loop, journal: stale)
            }
            table.add(name, reader: reader, writer: HeldDescriptor(pair.first), token: token)
        }
        loop.runTurns(1)
        #expect(stale.entries.count == 1, "the replaced one must not be called: \(stale.entries)")
        #expect(table.numberWasReused)
        // The new one works.
        loop.runTurns(1)
        #expect(stale.entries.contains("replacement") == false)
        try table.writeToReplacement()
        loop.runTurns(1)
        #expect(stale.entries.contains("replacement"))
    }

    @Test("can be added and removed from handlers at random: 20,000 steps, each handler only for its own descriptor")
    func random() throws {
        let seed = Seed(for: "EventLoopWatchTests.random")
        let model = try RandomWatches(loop: EventLoop(), generator: seed.generator)
        for _ in 0..<Soak.count(2000, full: 100_000) { try model.step() }
        #expect(model.mistakes.entries.isEmpty)
        #expect(model.calls > 0)
    }

    @Test("needs a descriptor that can be waited for, once")
    func refusals() throws {
        let loop = try EventLoop()
        let directory = try TemporaryDirectory()
        let file = HeldDescriptor(try OwnedDescriptor.open(try directory.write("", to: "file")))
        let socket = HeldDescriptor(try UnixSocket.make(.stream))
        #expect(throws: Errno.notPermitted) { _ = try loop.watch(file, for: .readable) { _ in } }
        let token = try loop.watch(socket, for: .readable) { _ in }
        #expect(throws: Errno.fileExists) { _ = try loop.watch(socket, for: .writable) { _ in } }
        #expect(loop.watchCount == 1)
        loop.unwatch(token)
        #expect(try loop.watch(socket, for: .readable) { _ in } != token)
    }

    @Test("keeps the descriptor open, whoever else lets go of it, until it is unwatched")
    func holds() throws {
        let loop = try EventLoop()
        let pair = try MessageSocket.pair()
        let sender = HeldDescriptor(pair.first)
        let calls = Journal<Readiness>()
        let token = try loop.watch(HeldDescriptor(pair.second), for: .readable) { calls.append($0) }
        try MessageSocket.send([1].span, on: sender)
        loop.runTurns(1)
        #expect(calls.entries == [.readable])
        loop.unwatch(token)
        #expect(throws: Errno.brokenPipe) { try MessageSocket.send([1].span, on: sender) }
    }

    @Test("of a descriptor that somebody closed who does not own it is found out, not passed over")
    func closedByAnother() async {
        await #expect(processExitsWith: .failure) {
            let loop = try EventLoop()
            let socket = HeldDescriptor(try UnixSocket.make(.stream))
            let token = try loop.watch(socket, for: .readable) { _ in }
            socket.withUnsafeNumber { Glibc.close($0) }
            loop.unwatch(token)
        }
    }

    @Test("is for the loop's thread: elsewhere everything traps", arguments: 0..<5)
    func otherThread(call: Int) async {
        await #expect(processExitsWith: .failure) { [call = call as Int] in
            let loop = try EventLoop()
            try await onThread {
                switch call {
                case 0: _ = try loop.watch(HeldDescriptor(UnixSocket.make(.stream)), for: .readable) { _ in }
                case 1: _ = loop.timer(after: .zero) {}
                case 2: loop.afterTurn {}
                case 3: loop.checkIsolated()
                default: _ = loop.watchCount
                }
            }
        }
    }
}

extension EventLoop {
    /// Looks this often at the descriptors, on the calling thread and without waiting.
    func runTurns(_ count: Int) {
        for _ in 0..<count {
            // A stop at the end of a turn is seen after the next.
            afterTurn { [self] in stop() }
            run()
        }
    }
}

/// What the number-reuse test owns; on one thread.
private final class Table: @unchecked Sendable {  // Proof: only the thread of the one test that makes it touches it.
    private struct Entry {
        var reader: HeldDescriptor
        var writer: HeldDescriptor
        var token: WatchToken
    }

    private var entries: [String: Entry] = [:]
    var numberWasReused = false

    func add(_ name: String, reader: HeldDescriptor, writer: HeldDescriptor, token: WatchToken) {
        entries[name] = Entry(reader: reader, writer: writer, token: token)
    }

    func replace(otherThan name: String, on loop: EventLoop, journal: Journal<String>) {
        guard entries["replacement"] == nil, let other = entries.keys.first(where: { $0 != name }),
            let entry = entries.removeValue(forKey: other)
        else { return }
        loop.unwatch(entry.token)
        do {
            let pair = try MessageSocket.pair()
            // The same number, as a new descriptor would get it by chance.
            numberWasReused = entry.reader.withUnsafeNumber { number in
                pair.second.withUnsafeNumber { dup2($0, number) } == number
            }
            let token = try loop.watch(entry.reader, for: .readable) { _ in journal.append("replacement") }
            entries["replacement"] = Entry(reader: entry.reader, writer: HeldDescriptor(pair.first), token: token)
        } catch {
            journal.append("\(error)")
        }
    }

    func writeToReplacement() throws {
        let writer = try #require(entries["replacement"]).writer
        try MessageSocket.send([1].span, on: writer)
    }
}

/// Watches that come and go at random, mostly from within handlers; on one thread.
// Proof for @unchecked: only the thread of the one test that makes it touches it.
private final class RandomWatches: @unchecked Sendable {
    private struct Entry {
        let reader: HeldDescriptor
        let writer: HeldDescriptor
        let token: WatchToken
    }

    private let loop: EventLoop
    private var generator: SeededGenerator
    private var entries: [Int: Entry] = [:]
    private var nextName = 0
    private(set) var calls = 0
    let mistakes = Journal<String>()

    init(loop: EventLoop, generator: SeededGenerator) {
        self.loop = loop
        self.generator = generator
    }

    func step() throws {
        for _ in 0..<Int.random(in: 0...3, using: &generator) { try add() }
        while entries.count > 40 { remove() }
        for entry in entries.values where Bool.random(using: &generator) {
            try MessageSocket.send([1].span, on: entry.writer)
        }
        loop.runTurns(1)
    }

    private func add() throws {
        let pair = try MessageSocket.pair()
        let name = nextName
        nextName += 1
        let reader = HeldDescriptor(pair.second)
        let token = try loop.watch(reader, for: .readable) { [unowned self] _ in called(name) }
        entries[name] = Entry(reader: reader, writer: HeldDescriptor(pair.first), token: token)
    }

    private func remove() {
        guard let name = entries.keys.randomElement(using: &generator) else { return }
        guard let entry = entries.removeValue(forKey: name) else { return }
        loop.unwatch(entry.token)
    }

    private func called(_ name: Int) {
        calls += 1
        guard let entry = entries[name] else {
            mistakes.append("\(name) was called after its end")
            return
        }
        // A handler that was called for another's readiness would find nothing.
        guard let message = try? receive(on: entry.reader), message.bytes.count > 0 else {
            mistakes.append("\(name) was called for another")
            return
        }
        for _ in 0..<Int.random(in: 0...2, using: &generator) { remove() }
        if Bool.random(using: &generator) { try? add() }
    }
}

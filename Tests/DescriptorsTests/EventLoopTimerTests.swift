// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import Testing
import VaultTestKit

@testable import Descriptors

@Suite("A timer of an event loop")
struct EventLoopTimerTests {
    @Test("fires once, not before its time, in the order of the deadlines and then of the setting")
    func order() async throws {
        let journal = Journal<String>()
        let start = BootTime.now
        let thread = try LoopThread { loop in
            for (name, milliseconds) in [("d", 30), ("a", 10), ("c", 20), ("b", 10), ("e", 30)] {
                let deadline = start.advanced(by: .milliseconds(milliseconds))
                _ = loop.timer(at: deadline) { journal.append(BootTime.now >= deadline ? name : "\(name) too early") }
            }
        }
        try await waitUntil("five timers") { journal.entries.count >= 5 }
        try await thread.stop()
        #expect(journal.entries == ["a", "b", "c", "d", "e"])
    }

    @Test("whose time has passed fires at once")
    func past() async throws {
        let journal = Journal<Int>()
        let thread = try LoopThread { loop in
            _ = loop.timer(at: BootTime(microseconds: 1)) { journal.append(1) }
            _ = loop.timer(at: BootTime(microseconds: -5)) { journal.append(0) }
            _ = loop.timer(after: .seconds(-1)) { journal.append(2) }
        }
        try await waitUntil("three timers") { journal.entries.count >= 3 }
        try await thread.stop()
        #expect(journal.entries == [0, 1, 2])
    }

    @Test("that is cancelled does not fire, not even by a timer of the same turn")
    func cancelled() async throws {
        let journal = Journal<String>()
        let thread = try LoopThread { loop in
            let deadline = BootTime.now
            let second = Mutex<TimerToken?>(nil)
            _ = loop.timer(at: deadline) {
                journal.append("first")
                if let token = second.withLock({ $0 }) {
                    journal.append("\(loop.cancel(token)) \(loop.cancel(token))")
                }
            }
            let token = loop.timer(at: deadline) { journal.append("second") }
            second.withLock { $0 = token }
            _ = loop.timer(after: .milliseconds(20)) { journal.append("last") }
        }
        try await waitUntil("the last timer") { journal.entries.contains("last") }
        try await thread.stop()
        #expect(journal.entries == ["first", "true false", "last"])
    }

    @Test("whose time came while the process stood still fires before what came in meanwhile")
    func standstill() async throws {
        let journal = Journal<String>()
        let pair = try MessageSocket.pair()
        let reader = HeldDescriptor(pair.second)
        let writer = HeldDescriptor(pair.first)
        let thread = try LoopThread { loop in
            do {
                _ = try loop.watch(reader, for: .readable) { _ in
                    journal.append("event")
                    _ = try? reader.readPrefix(1)
                }
            } catch {
                journal.append("\(error)")
            }
            _ = loop.timer(after: .milliseconds(30)) { journal.append("timer") }
            _ = loop.timer(after: .zero) {
                _ = try? MessageSocket.send([1].span, on: writer)
                usleep(60_000)
            }
        }
        try await waitUntil("both") { journal.entries.contains("timer") && journal.entries.contains("event") }
        try await thread.stop()
        #expect(journal.entries.first == "timer", "\(journal.entries.prefix(3))")
    }

    @Test("whose time comes in the middle of a turn is known to be due until it has fired")
    func due() async throws {
        let journal = Journal<String>()
        let thread = try LoopThread { loop in
            _ = loop.timer(after: .milliseconds(30)) { journal.append("\(loop.isTimerDue(at: .now))") }
            _ = loop.timer(after: .zero) {
                journal.append("\(loop.isTimerDue(at: .now))")
                usleep(60_000)
                journal.append("\(loop.isTimerDue(at: .now))")
            }
        }
        try await waitUntil("both") { journal.entries.count == 3 }
        try await thread.stop()
        #expect(journal.entries == ["false", "true", "false"])
    }

    @Test("that sets another one at once leaves the loop to others in between")
    func again() async throws {
        let journal = Journal<String>()
        let pair = try MessageSocket.pair()
        try MessageSocket.send([1].span, on: pair.first)
        let reader = HeldDescriptor(pair.second)
        let thread = try LoopThread { loop in
            @Sendable func set(_ left: Int) {
                journal.append("timer")
                if left > 0 { _ = loop.timer(at: BootTime(microseconds: 0)) { set(left - 1) } }
            }
            set(3)
            do {
                _ = try loop.watch(reader, for: .readable) { _ in journal.append("event") }
            } catch {
                journal.append("\(error)")
            }
        }
        try await waitUntil("the chain of timers") { journal.entries.count { $0 == "timer" } >= 4 }
        try await thread.stop()
        // The first of them is no timer yet.
        #expect(journal.entries.starts(with: ["timer", "timer", "event", "timer", "event", "timer", "event"]))
    }

    @Test("that is earlier than all others is not held up by them, nor later ones by a cancelled one")
    func rearming() async throws {
        let journal = Journal<String>()
        let thread = try LoopThread { loop in
            let far = loop.timer(after: .seconds(3600)) { journal.append("far") }
            _ = loop.timer(after: .milliseconds(30)) { journal.append("later") }
            let near = loop.timer(after: .milliseconds(5)) { journal.append("near") }
            loop.cancel(near)
            loop.cancel(far)
            _ = loop.timer(after: .seconds(Int64.max)) { journal.append("never") }
        }
        try await waitUntil("the timer") { journal.entries.count >= 1 }
        #expect(journal.entries == ["later"])
        try await thread.loop.perform {
            _ = thread.loop.timer(after: .milliseconds(1)) { journal.append("again") }
        }
        try await waitUntil("the next timer") { journal.entries.count >= 2 }
        try await thread.stop()
        #expect(journal.entries == ["later", "again"])
    }
}

@Suite("The queue of timers")
struct TimerQueueTests {
    @Test("gives up what is due in order, for random sequences of setting, cancelling and waiting")
    func random() {
        var generator = Seed(for: "TimerQueueTests.random").generator
        for _ in 0..<Soak.count(50, full: 5000) {
            var queue = TimerQueue()
            var model: [UInt64: Int64] = [:]
            let fired = Journal<UInt64>()
            var token: UInt64 = 0
            var now: Int64 = 0
            for _ in 0..<300 {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0, 1:
                    token += 1
                    let (name, deadline) = (token, now + Int64.random(in: 0...50, using: &generator))
                    model[name] = deadline
                    queue.insert(name, at: BootTime(microseconds: deadline)) { fired.append(name) }
                case 2:
                    guard let name = model.keys.randomElement(using: &generator) else { continue }
                    model[name] = nil
                    let (first, second) = (queue.cancel(name), queue.cancel(name))
                    #expect(first && !second)
                default:
                    now += Int64.random(in: 0...30, using: &generator)
                    let due = model.filter { $0.value <= now }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
                    let before = fired.entries.count
                    while let body = queue.popDue(at: BootTime(microseconds: now), before: token + 1) { body() }
                    #expect(fired.entries.dropFirst(before).elementsEqual(due.map(\.key)))
                    for entry in due { model[entry.key] = nil }
                }
                let next = queue.nextDeadline()
                #expect(next?.microseconds == model.values.min())
                #expect(queue.count == model.count)
            }
        }
    }

    @Test("does not keep what was cancelled: many timers that never fire need no room")
    func compaction() {
        var queue = TimerQueue()
        for token in 1...UInt64(100_000) {
            queue.insert(token, at: BootTime(microseconds: 1_000_000)) {}
            _ = queue.cancel(token)
        }
        #expect(queue.count == 0)
        #expect(queue.entryCount <= 65)
        let next = queue.nextDeadline()
        #expect(next == nil)
        #expect(queue.entryCount == 0)
    }

    @Test("keeps what was set too late for this turn, and gives it up in the next")
    func limit() {
        var queue = TimerQueue()
        let fired = Journal<UInt64>()
        for token in [1, 2, 3] as [UInt64] {
            queue.insert(token, at: BootTime(microseconds: 10 - Int64(token))) { fired.append(token) }
        }
        while let body = queue.popDue(at: BootTime(microseconds: 10), before: 3) { body() }
        #expect(fired.entries == [2, 1])
        while let body = queue.popDue(at: BootTime(microseconds: 10), before: 4) { body() }
        #expect(fired.entries == [2, 1, 3])
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Synchronization
import SystemPackage
import Testing
import VaultTestKit

/// An event loop on a thread of its own.
final class LoopThread: Sendable {
    let loop: EventLoop
    private let hasEnded = Mutex(false)

    /// - Parameter setUp: runs on the loop's thread before the loop does.
    init(_ setUp: @escaping @Sendable (EventLoop) -> Void = { _ in }) throws(Errno) {
        loop = try EventLoop()
        startThread { [self] in
            // The thread that made the loop owns it until this one runs it: so the first turn sets up.
            loop.enqueueOnLoop { [self] in setUp(loop) }
            loop.run()
            hasEnded.withLock { $0 = true }
        }
    }

    func stop() async throws {
        loop.stop()
        try await waitUntil("the event loop to stop") { hasEnded.withLock { $0 } }
    }
}

extension EventLoop {
    /// Runs `body` as a job of the loop.
    func enqueueOnLoop(_ body: @escaping @Sendable () -> Void) {
        let host = LoopHost(loop: self)
        Task { await host.run(body) }
    }

    /// Runs `body` as a job of the loop and waits for its answer.
    func perform<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await LoopHost(loop: self).call(body)
    }
}

/// An actor that lives on a loop and runs what it is given.
actor LoopHost {
    private let loop: EventLoop

    init(loop: EventLoop) {
        self.loop = loop
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func run(_ body: @Sendable () -> Void) { body() }

    func call<Value: Sendable>(_ body: @Sendable () throws -> Value) throws -> Value { try body() }
}

/// A list that any thread appends to.
final class Journal<Entry: Sendable>: Sendable {
    private let list = Mutex<[Entry]>([])

    func append(_ entry: Entry) { list.withLock { $0.append(entry) } }

    var entries: [Entry] { list.withLock { $0 } }
}

// SPDX-License-Identifier: Apache-2.0

import CLinux

extension EventLoop {
    /// Calls `body` once, as soon as `deadline` has come. On the loop's thread.
    ///
    /// The clock goes on while the machine sleeps: what came due meanwhile fires on resume. Timers fire in the
    /// order of their deadlines, those of equal deadlines in the order in which they were set.
    public func timer(at deadline: BootTime, _ body: @escaping @Sendable () -> Void) -> TimerToken {
        preconditionOnLoop()
        let token = state.makeToken()
        state.timers.insert(token, at: deadline, body)
        return TimerToken(value: token)
    }

    /// Calls `body` once, when `delay` is over, never within this call. On the loop's thread.
    public func timer(after delay: Duration, _ body: @escaping @Sendable () -> Void) -> TimerToken {
        timer(at: BootTime.now.advanced(by: delay), body)
    }

    /// Takes a timer back: it will not fire, not even if its time has come in this turn. On the loop's thread.
    ///
    /// - Returns: false if it has fired or was cancelled before.
    @discardableResult
    public func cancel(_ token: TimerToken) -> Bool {
        preconditionOnLoop()
        return state.timers.cancel(token.value)
    }

    /// Whether the time of a timer has come that has not fired, as when the process stood still in the middle of a turn.
    /// On the loop's thread.
    public func isTimerDue(at now: BootTime) -> Bool {
        preconditionOnLoop()
        return state.timers.nextDeadline().map { $0 <= now } ?? false
    }

    /// Sets the timer descriptor to the first deadline, unless it is set to that or an earlier time: to wake up once
    /// for nothing, after a cancel, costs less than a system call for each change.
    func armClock() {
        guard let deadline = state.timers.nextDeadline() else { return }
        if let armed = state.armed, armed <= deadline { return }
        // 0 would disarm it; and microseconds of 64 bits reach further than seconds of the kernel's nanoseconds.
        let microseconds = min(max(deadline.microseconds, 1), 4_000_000_000_000_000)
        let error = clock.withUnsafeNumber { linux_timerfd_arm($0, microseconds) }
        precondition(error == 0, "the time is in range and the descriptor is the loop's own")
        state.armed = deadline
    }

    func runTimers() {
        guard state.timers.count > 0 else { return }
        let now = BootTime.now
        let limit = state.nextToken
        while let body = state.timers.popDue(at: now, before: limit) { body() }
    }
}

/// Names one timer of one loop; never used again.
public struct TimerToken: Hashable, Sendable {
    let value: UInt64
}

/// Timers in the order of their deadlines, and of their setting where these are equal: a binary heap.
///
/// Cancelling takes only the body away. The heap's entry goes when it comes up, or when more than half are dead.
struct TimerQueue {
    private struct Entry {
        let deadline: BootTime
        let token: UInt64

        func precedes(_ other: Entry) -> Bool {
            deadline != other.deadline ? deadline < other.deadline : token < other.token
        }
    }

    private var heap: [Entry] = []
    private var bodies: [UInt64: @Sendable () -> Void] = [:]

    /// Timers that wait.
    var count: Int { bodies.count }

    /// Entries of the heap, dead ones included.
    var entryCount: Int { heap.count }

    /// `token` is greater than all before.
    mutating func insert(_ token: UInt64, at deadline: BootTime, _ body: @escaping @Sendable () -> Void) {
        bodies[token] = body
        heap.append(Entry(deadline: deadline, token: token))
        siftUp(from: heap.count - 1)
    }

    /// - Returns: whether it still waited.
    mutating func cancel(_ token: UInt64) -> Bool {
        guard bodies.removeValue(forKey: token) != nil else { return false }
        if heap.count > 64, heap.count > 2 * bodies.count {
            heap.removeAll { bodies[$0.token] == nil }
            for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(from: index) }
        }
        return true
    }

    /// The deadline of the first that waits.
    mutating func nextDeadline() -> BootTime? {
        while let first = heap.first {
            if bodies[first.token] != nil { return first.deadline }
            removeFirst()
        }
        return nil
    }

    /// Takes the first whose time has come.
    ///
    /// - Parameter limit: later tokens stay, so that a timer which sets another one at once does not keep the loop for
    ///   itself.
    mutating func popDue(at now: BootTime, before limit: UInt64) -> (@Sendable () -> Void)? {
        var later: [Entry] = []
        defer {
            for entry in later {
                heap.append(entry)
                siftUp(from: heap.count - 1)
            }
        }
        while let first = heap.first, first.deadline <= now {
            removeFirst()
            guard bodies[first.token] != nil else { continue }
            if first.token < limit { return bodies.removeValue(forKey: first.token) }
            later.append(first)
        }
        return nil
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown(from: 0)
    }

    private mutating func siftUp(from start: Int) {
        var index = start
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].precedes(heap[parent]) else { return }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    private mutating func siftDown(from start: Int) {
        var index = start
        while true {
            var first = index
            for child in (2 * index + 1)...(2 * index + 2) where child < heap.count {
                if heap[child].precedes(heap[first]) { first = child }
            }
            if first == index { return }
            heap.swapAt(index, first)
            index = first
        }
    }
}

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

// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Closing what strangers have passed.
///
/// `close(2)` can hang: on a file system that is a process (FUSE) the last one waits for that process, on one of the network for
/// a server. Whoever passes descriptors to a daemon must not be able to stop it by that. So an ``OwnedDescriptor`` that was
/// received as foreign is closed, wherever its life ends, on a thread that can be lost: while one hangs, another takes its place,
/// up to ``mostThreads``. Beyond these, what is to be closed waits, and stays open until then.
public enum ForeignDescriptors {
    /// As many threads may hang in `close(2)` before what is to be closed has to wait for them.
    public static let mostThreads = 16

    /// A thread that has been at one descriptor for so long counts as lost until it comes back, in microseconds.
    private static let patienceUSec: Int64 = 50_000

    private struct State {
        var waiting: [CInt] = []
        /// When each thread took up what it is closing; by a number of its own.
        var began: [UInt64: Int64] = [:]
        var nextThread: UInt64 = 0
    }

    private static let state = Mutex(State())

    /// How many are waiting to be closed, or being closed.
    public static var count: Int { state.withLock { $0.waiting.count + $0.began.count } }

    /// Has a descriptor closed, soon.
    static func close(_ number: CInt) {
        let now = SystemClock.bootTimeUSec()
        let thread = state.withLock { state -> UInt64? in
            state.waiting.append(number)
            let isSomebodyAtIt = state.began.values.contains { now - $0 < patienceUSec }
            guard !isSomebodyAtIt, state.began.count < mostThreads else { return nil }
            state.nextThread += 1
            state.began[state.nextThread] = now
            return state.nextThread
        }
        guard let thread else { return }
        startThread(named: "vault-close") { closeAll(as: thread) }
    }

    private static func closeAll(as thread: UInt64) {
        while true {
            let number = state.withLock { state -> CInt? in
                guard !state.waiting.isEmpty else {
                    state.began[thread] = nil
                    return nil
                }
                state.began[thread] = SystemClock.bootTimeUSec()
                return state.waiting.removeFirst()
            }
            guard let number else { return }
            _ = OwnedDescriptor.close(number)
        }
    }
}

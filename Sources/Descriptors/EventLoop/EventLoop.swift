// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Synchronization
public import SystemPackage

/// One thread that waits for descriptors, timers, signals and jobs: level-triggered epoll, and a Swift executor.
///
/// An actor lives on it by naming it as its executor; handlers enter the actor with `assumeIsolated`, without a lock
/// and without a hop:
///
///     actor Broker {
///         private let loop: EventLoop
///         nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
///
///         func start(listener: HeldDescriptor) throws(Errno) {
///             _ = try loop.watch(listener, for: .readable) { [weak self] _ in
///                 self?.assumeIsolated { $0.acceptAll() }
///             }
///         }
///     }
///
/// The loop belongs to the thread that made it until another calls ``run()``. Everything that is said to be for the
/// loop's thread traps elsewhere. A turn is: timers that are due, ready descriptors, then jobs, then ``afterTurn(_:)`` and the
/// jobs that come of that.
/// A handler that refers to what owns the loop is a cycle until it is unwatched.
public final class EventLoop: SerialExecutor {
    let epoll: OwnedDescriptor
    let wakeUp: OwnedDescriptor
    let clock: OwnedDescriptor
    let inbox = Mutex(LoopInbox())
    /// The thread that may touch ``state``.
    private let owner: Atomic<UInt>
    /// The thread that is in ``run()``, 0 if there is none.
    private let runner = Atomic<UInt>(0)

    /// Proof: what others can call checks first that it is on the loop's thread (``preconditionOnLoop()``) or in its
    /// ``run()``; all else that touches it is called by ``run()``. The thread changes only at the beginning of ``run()``,
    /// which one thread at a time can be in, and which a new thread calls after the old one has handed it the loop.
    nonisolated(unsafe) let state = LoopState()

    static let wakeUpToken: UInt64 = 1
    static let clockToken: UInt64 = 2

    /// - Throws: `EMFILE`, `ENFILE` or `ENOMEM`; it takes three descriptors.
    public init() throws(Errno) {
        epoll = OwnedDescriptor(adopting: try SystemCall.retrying { linux_epoll_create() })
        wakeUp = OwnedDescriptor(adopting: try SystemCall.retrying { linux_eventfd_create() })
        clock = OwnedDescriptor(adopting: try SystemCall.retrying { linux_timerfd_create_boottime() })
        owner = Atomic(linux_thread_token())
        // Edge-triggered, so that neither has to be read: each signal and each expiry is an edge of its own.
        let events = LINUX_EPOLLIN | LINUX_EPOLLET
        try epoll.withUnsafeNumber { epoll throws(Errno) in
            try SystemCall.retrying(on: wakeUp) { linux_epoll_add(epoll, $0, events, Self.wakeUpToken) }
            try SystemCall.retrying(on: clock) { linux_epoll_add(epoll, $0, events, Self.clockToken) }
        }
    }

    /// Is the caller on the loop's thread?
    public var isOnLoop: Bool { owner.load(ordering: .relaxed) == linux_thread_token() }

    /// Is the caller called by ``run()``? A loop that was made on one thread and is about to run on another has an
    /// owner that must not be trusted to be alone: tasks can be running there.
    var isInRun: Bool { runner.load(ordering: .relaxed) == linux_thread_token() }

    /// The turn that is under way: two calls that see the same number are of one turn. On the loop's thread.
    public var turn: UInt64 {
        preconditionOnLoop()
        return state.turn
    }

    @inline(__always)
    func preconditionOnLoop() {
        precondition(isOnLoop, "only for the thread of the event loop")
    }

    /// Runs on the calling thread, which owns the loop from now on, until ``stop()``.
    ///
    /// After the stop everything that is enqueued by then is still run, once. A stopped loop can be run again.
    public func run() {
        let thread = linux_thread_token()
        let isFree = runner.compareExchange(expected: 0, desired: thread, ordering: .acquiring).exchanged
        precondition(isFree, "the event loop runs already")
        defer { runner.store(0, ordering: .releasing) }
        owner.store(thread, ordering: .relaxed)
        while true {
            state.turn &+= 1
            let isStopping = takeInbox()
            runJobs()
            runAfterTurn()
            // What the turn's end has enqueued often sets another thread to work, which can be at it meanwhile.
            runJobs()
            if isStopping { break }
            dispatch(wait())
        }
        _ = takeInbox()
        runJobs()
        runAfterTurn()
        runJobs()
    }

    /// Makes ``run()`` return at the end of its turn. From any thread; before ``run()``, that returns after one turn.
    public func stop() {
        leave { $0.isStopRequested = true }
    }

    /// Runs `body` once: after the events and jobs of this turn, before the loop waits again. On the loop's thread.
    ///
    /// What collects work during a turn hands it on here. A body registered by such a body runs after the next turn,
    /// which then does not wait.
    public func afterTurn(_ body: @escaping @Sendable () -> Void) {
        preconditionOnLoop()
        state.afterTurn.append(body)
    }

    /// Changes the inbox, and wakes the loop unless it is awake or has been woken already.
    func leave(_ change: (inout sending LoopInbox) -> Void) {
        let needsWakeUp = inbox.withLock { inbox in
            change(&inbox)
            defer { inbox.isWakeUpPending = true }
            return !inbox.isWakeUpPending
        }
        // The counter takes 2^64 - 2 signals, so this cannot fail.
        if needsWakeUp { wakeUp.withUnsafeNumber { linux_eventfd_signal($0) } }
    }

    /// Moves what other threads left to the loop's own queue.
    /// - Returns: whether a stop was requested.
    private func takeInbox() -> Bool {
        inbox.withLock { inbox in
            inbox.isWakeUpPending = false
            if !inbox.jobs.isEmpty {
                state.jobs.append(contentsOf: inbox.jobs)
                inbox.jobs.removeAll(keepingCapacity: true)
            }
            defer { inbox.isStopRequested = false }
            return inbox.isStopRequested
        }
    }

    private func runAfterTurn() {
        if state.afterTurn.isEmpty { return }
        var bodies: [@Sendable () -> Void] = []
        swap(&bodies, &state.afterTurn)
        for body in bodies { body() }
    }

    /// Waits for events, not at all if there is work left. The number of events.
    private func wait() -> Int {
        let isIdle = state.jobs.isEmpty && state.afterTurn.isEmpty
        if isIdle { armClock() }
        let capacity = CInt(state.events.count)
        do {
            return Int(
                try SystemCall.retrying(on: epoll) {
                    epoll_wait($0, state.events.baseAddress, capacity, isIdle ? -1 : 0)
                })
        } catch {
            // EBADF, EFAULT and EINVAL are all that is left, and each means that memory is not what it was.
            preconditionFailure("epoll_wait: \(error)")
        }
    }

    private func dispatch(_ count: Int) {
        // Timers first: what has come in may be judged by what their time has ended, and after a stop of the process
        // (SIGSTOP, a machine that slept) both are there at once.
        runTimers()
        for index in 0..<count {
            let event = state.events[index]
            switch event.data.u64 {
            case Self.wakeUpToken: break
            case Self.clockToken: state.armed = nil
            // What an earlier event of this turn has unwatched is not there any more.
            case let token: state.watches[token]?.handler(Readiness(rawValue: event.events))
            }
        }
    }

    /// Jobs run in a turn before the descriptors are looked at again.
    private static let jobsPerTurn = 1024

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isInRun {
            state.jobs.append(job)
        } else {
            leave { $0.jobs.append(job) }
        }
    }

    /// Traps unless the caller is on the loop's thread. Makes `assumeIsolated` work in handlers, which are no tasks.
    public func checkIsolated() {
        preconditionOnLoop()
    }

    /// Whether the caller is on the loop's thread.
    public func isIsolatingCurrentContext() -> Bool? {
        isOnLoop
    }

    /// Runs the jobs that are there, and those that they enqueue, up to a limit.
    func runJobs() {
        let executor = asUnownedSerialExecutor()
        for _ in 0..<Self.jobsPerTurn {
            guard state.firstJob < state.jobs.count else { break }
            let job = state.jobs[state.firstJob]
            state.firstJob += 1
            job.runSynchronously(on: executor)
        }
        if state.firstJob == state.jobs.count {
            state.jobs.removeAll(keepingCapacity: true)
        } else {
            state.jobs.removeFirst(state.firstJob)
        }
        state.firstJob = 0
    }
}

/// What only the loop's own thread touches.
final class LoopState {
    var turn: UInt64 = 0
    var watches: [UInt64: Watch] = [:]
    var timers = TimerQueue()
    /// What the timer descriptor is set to; `nil` when it is not set or has fired.
    var armed: BootTime?
    var afterTurn: [@Sendable () -> Void] = []
    /// Jobs that were enqueued on the loop's thread: in order of arrival, from `firstJob` on.
    var jobs: [UnownedJob] = []
    var firstJob = 0
    /// Tokens of watches and timers come from one row, which starts above the loop's own.
    var nextToken: UInt64 = 16

    let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: 256)

    func makeToken() -> UInt64 {
        defer { nextToken += 1 }
        return nextToken
    }

    deinit {
        events.deallocate()
    }
}

/// What other threads leave for the loop.
struct LoopInbox {
    var jobs: [UnownedJob] = []
    var isStopRequested = false
    /// The loop has been woken and has not looked yet: nobody needs to wake it again.
    var isWakeUpPending = false
}

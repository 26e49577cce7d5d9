// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A serial executor on a thread of its own, for actors whose work blocks in system calls.
///
/// The thread runs for as long as the executor is referenced; jobs already enqueued run before it ends.
package final class ThreadExecutor: SerialExecutor {
    private let queue: JobQueue

    /// Starts the thread, named as ``startThread(named:_:)`` has it.
    package init(name: String, turn: Turn = .asOthers) {
        let queue = JobQueue()
        self.queue = queue
        queue.start(name: name, turn: turn)
    }

    /// When a thread gets a processor that others want too. On Linux each thread has its own `nice(2)` and policy.
    package enum Turn: Sendable {
        case asOthers
        /// Early after it wakes up, and not for long: for one that others wait for, and that mostly waits for the disk.
        case early
        /// At least as nice as this (`nice(1)`, from 1 to 19); one that was started nicer stays so.
        case nice(Int32)
        /// Only what nobody else wants.
        case whenIdle

        /// For the calling thread. Where it is refused the thread goes on as others do.
        fileprivate func take() {
            switch self {
            case .asOthers: return
            case .early: linux_thread_schedule_slice(100_000)
            case .nice(let niceness):
                let which = __priority_which_t(PRIO_PROCESS.rawValue)
                setpriority(which, 0, max(niceness, getpriority(which, 0)))
            case .whenIdle: linux_thread_schedule_idle()
            }
        }
    }

    deinit {
        queue.finish()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        // The queue keeps the executor alive until the job has run.
        queue.append(UnownedJob(job), on: self)
    }

    package func checkIsolated() {
        precondition(queue.isOwnThread, "expected to run on the thread of this executor")
    }

    package func isIsolatingCurrentContext() -> Bool? { queue.isOwnThread }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}

/// The jobs of a ``ThreadExecutor`` and the condition its thread waits on.
///
/// Proof of `@unchecked Sendable`: `jobs`, `finished` and `thread` are touched only in `withLock`, which holds `mutex`; the
/// two pointers never change, and are freed when neither the executor nor its thread refers to this object.
private final class JobQueue: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [(UnownedJob, ThreadExecutor)] = []
    private var finished = false
    /// Its ``linux_thread_token()``.
    private var thread: UInt?

    init() {
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    var isOwnThread: Bool {
        withLock { thread == linux_thread_token() }
    }

    func append(_ job: UnownedJob, on executor: ThreadExecutor) {
        withLock {
            jobs.append((job, executor))
            pthread_cond_signal(condition)
        }
    }

    func finish() {
        withLock {
            finished = true
            pthread_cond_signal(condition)
        }
    }

    func start(name: String, turn: ThreadExecutor.Turn) {
        startThread(named: name) {
            turn.take()
            self.run()
        }
    }

    private func run() {
        withLock { thread = linux_thread_token() }
        while let batch = next() {
            for (job, executor) in batch {
                job.runSynchronously(on: executor.asUnownedSerialExecutor())
            }
        }
    }

    /// Waits for jobs; nil when the executor is gone and nothing is left to do.
    private func next() -> [(UnownedJob, ThreadExecutor)]? {
        withLock {
            while jobs.isEmpty && !finished {
                pthread_cond_wait(condition, mutex)
            }
            guard !jobs.isEmpty else { return nil }
            defer { jobs.removeAll(keepingCapacity: true) }
            return jobs
        }
    }

    private func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}

/// A thread for work that may block or take long: parsing a policy, reading a secret, looking up a user's name, closing
/// a descriptor of unknown kind. An event loop only awaits it.
package actor WorkThread {
    private let executor: ThreadExecutor

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package init(name: String) {
        executor = ThreadExecutor(name: name)
    }

    package func run<Result: Sendable, Failure: Error>(
        _ work: @Sendable () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try work()
    }
}

/// Starts a thread that nobody waits for (`pthread_create(3)`, detached), and runs `body` on it.
///
/// - Parameter name: is shown by `ps -L`; the kernel keeps 15 bytes of it.
/// - Precondition: the system has room for one more thread.
package func startThread(named name: String? = nil, _ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(ThreadStart(name, body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let error = pthread_create(
        &thread, &attributes,
        { argument in
            // It is the reference that was passed below, taken once.
            Unmanaged<ThreadStart>.fromOpaque(argument!).takeRetainedValue().run()
            return nil
        }, start.toOpaque())
    precondition(error == 0, "pthread_create: error \(error)")
}

private final class ThreadStart: Sendable {
    private let name: String?
    private let body: @Sendable () -> Void

    init(_ name: String?, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    func run() {
        // The name is for people who look at the process.
        if let name { linux_set_thread_name(String(decoding: name.utf8.prefix(15), as: UTF8.self)) }
        body()
    }
}

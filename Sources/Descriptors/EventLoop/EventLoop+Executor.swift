// SPDX-License-Identifier: Apache-2.0

import CLinux

extension EventLoop {
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

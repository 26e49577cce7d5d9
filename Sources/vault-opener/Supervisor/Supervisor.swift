// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// Hands requests to workers and answers back, and never waits for any of them.
///
/// It opens nothing itself. One path occupies one worker at most; a worker that takes too long is killed and, whether
/// or not it dies, replaced. A worker is kept free for looking at processes.
final class Supervisor {
    private let arguments: OpenerArguments
    private var asker: AskerChannel
    private var workers: [SupervisedWorker] = []
    private var hangs = Hangs()
    private var queue: [WaitingRequest] = []
    private var staffing = Staffing()

    /// With so many requests that wait, or answers that nobody reads, what comes stays in the socket, whose other end
    /// then finds it full.
    private static let backlogLimit = 512

    private var hasRoom: Bool { queue.count + asker.outgoingCount < Self.backlogLimit }

    init(arguments: OpenerArguments, socket: consuming OwnedDescriptor) {
        self.arguments = arguments
        asker = AskerChannel(socket: socket)
    }

    /// Until the broker closes its end. The workers end with this process.
    func run() {
        while true {
            startWorkers()
            dispatch()
            let ready = wait()
            if ready.askerHasGone || ready.askerHasAsked && !acceptRequests() { break }
            for worker in ready.workers { hear(worker) }
            if ready.someHaveEnded { hangs.reap() }
            expire()
            asker.flush()
        }
        for worker in workers { worker.kill() }
    }

    private var timeLimit: Int64 { Int64(arguments.timeLimitMilliseconds) * 1000 }

    private struct Ready {
        var askerHasGone = false
        var askerHasAsked = false
        var workers: [SupervisedWorker] = []
        var someHaveEnded = false
    }

    private func wait() -> Ready {
        let events = (hasRoom ? POLLIN : 0) | (asker.outgoingCount > 0 ? POLLOUT : 0)
        var requests = [pollfd(fd: asker.socket.raw, events: Int16(events), revents: 0)]
        for worker in workers {
            requests.append(pollfd(fd: worker.socket.raw, events: Int16(POLLIN), revents: 0))
        }
        for pidfd in hangs.pidfds { requests.append(pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)) }
        var timeout: CInt = -1
        if let next = nextDeadline() {
            timeout = CInt(clamping: max(0, next - SystemClock.bootTimeUSec()) / 1000 + 1)
        }
        do {
            try SystemCall.retrying { poll(&requests, nfds_t(requests.count), timeout) }
        } catch {
            // For want of memory; whoever is ready will be so the next time.
            return Ready()
        }
        var ready = Ready()
        ready.askerHasGone = requests[0].revents & Int16(POLLHUP | POLLERR) != 0
        ready.askerHasAsked = requests[0].revents & Int16(POLLIN) != 0
        ready.workers = zip(workers, requests.dropFirst()).filter { $1.revents != 0 }.map(\.0)
        ready.someHaveEnded = requests.dropFirst(1 + workers.count).contains { $0.revents != 0 }
        return ready
    }

    private func nextDeadline() -> Int64? {
        var deadlines = workers.compactMap { $0.task?.runDeadline } + queue.map(\.queueDeadline)
        if let retry = staffing.retryTime { deadlines.append(retry) }
        return deadlines.min()
    }

    /// - Returns: false when the broker has gone.
    private func acceptRequests() -> Bool {
        while hasRoom {
            switch asker.receive() {
            case .nothingYet: return true
            case .closed: return false
            case .message(let message):
                switch message.request {
                case .success(let request):
                    queue.append(
                        WaitingRequest(
                            request, message: message, queueDeadline: SystemClock.bootTimeUSec() + timeLimit))
                case .failure(let malformed):
                    answer(malformed.id, OpenerFailure(.badMessage, .malformed))
                }
            }
        }
        return true
    }

    private func answer(_ id: UInt64, _ failure: OpenerFailure) {
        asker.send(AnswerMessage(OpenerAnswer(id: id, outcome: .failed(failure))))
    }

    /// Gives waiting requests to free workers, the oldest first, but none whose path another works on.
    private func dispatch() {
        var stillWaiting: [WaitingRequest] = []
        for request in queue {
            if let path = request.path, let reason = hangs.objection(to: path) {
                answer(request.request.id, OpenerFailure(.timedOut, reason))
                continue
            }
            let isTaken = request.path != nil && workers.contains { $0.task?.path == request.path }
            guard !isTaken, let worker = workers.first(where: { $0.kind == request.kind && $0.task == nil }) else {
                stillWaiting.append(request)
                continue
            }
            if !worker.start(request, until: SystemClock.bootTimeUSec() + timeLimit + request.grace) {
                // It has died, which shows on its socket at once; the request waits for another.
                stillWaiting.append(request)
            }
        }
        queue = stillWaiting
    }

    private func hear(_ worker: SupervisedWorker) {
        switch worker.hear() {
        case .nothingYet: break
        case .answer(let message):
            asker.send(message)
            staffing.noteSuccess()
            let isUsedUp = worker.task?.usesUpWorker ?? false
            worker.task = nil
            if isUsedUp { dismiss(worker, over: nil) }
        case .broken:
            // A worker that is gone, or does not do what a worker does.
            worker.kill()
            if let task = worker.task, let again = task.again {
                queue.insert(again, at: 0)
            } else if let task = worker.task {
                let signal = UInt32(bitPattern: worker.endingSignal() ?? 0)
                answer(task.request.id, OpenerFailure(.ioError, .workerDied, detail: signal))
            }
            if !worker.hasAnswered { staffing.noteFailure() }
            dismiss(worker, over: nil)
        case .endedBefore:
            if let task = worker.task { queue.insert(task, at: 0) }
            if !worker.hasAnswered { staffing.noteFailure() }
            dismiss(worker, over: nil)
        }
    }

    private func dismiss(_ worker: SupervisedWorker, over path: String?) {
        worker.kill()
        workers.removeAll { $0 === worker }
        hangs.add(worker, over: path)
    }

    /// Ends what has had its time.
    private func expire() {
        let now = SystemClock.bootTimeUSec()
        for worker in workers {
            guard let task = worker.task, let deadline = task.runDeadline, deadline <= now else { continue }
            answer(task.request.id, OpenerFailure(.timedOut, .timedOut))
            dismiss(worker, over: task.path ?? "")
        }
        queue.removeAll { request in
            guard request.queueDeadline <= now else { return false }
            answer(request.request.id, OpenerFailure(.timedOut, .noWorkerFree))
            return true
        }
    }

    /// Replaces the workers that are missing.
    private func startWorkers() {
        guard staffing.mayStart else { return }
        for (kind, wanted) in [(WorkerKind.inspector, 1), (.general, arguments.workers)] {
            while workers.count(where: { $0.kind == kind }) < wanted {
                do {
                    workers.append(try SupervisedWorker(kind: kind, arguments: arguments))
                } catch {
                    complain("cannot start a worker: \(error)")
                    return staffing.noteFailure()
                }
            }
        }
    }
}

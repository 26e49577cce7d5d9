// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// Hands requests to workers and answers back, and never waits for any of them.
///
/// It opens nothing itself, and never has what was opened: workers answer to the broker. One path occupies one worker
/// at most; a worker that takes too long is killed and, whether or not it dies, replaced. A worker is kept free for
/// looking at processes.
final class Supervisor {
    private let arguments: OpenerArguments
    private let held: HeldPlaces
    private var asker: AskerChannel
    private var workers: [SupervisedWorker] = []
    private var hangs = Hangs()
    private var queue: [WaitingRequest] = []
    private var served = ServedMounts()
    private var staffing = Staffing()

    /// With so many requests that wait, or answers that nobody reads, what comes stays in the socket, whose other end
    /// then finds it full.
    private static let backlogLimit = 512

    private var hasRoom: Bool { queue.count + asker.outgoingCount < Self.backlogLimit }

    init(arguments: OpenerArguments, held: HeldPlaces, socket: consuming OwnedDescriptor) {
        self.arguments = arguments
        self.held = held
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

    private var census: OpenerCensus {
        let busy = workers.count { $0.task != nil }
        return OpenerCensus(
            busy: UInt32(busy), idle: UInt32(workers.count - busy), abandoned: UInt32(hangs.abandonedCount))
    }

    private struct Ready {
        var askerHasGone = false
        var askerHasAsked = false
        var workers: [SupervisedWorker] = []
        var someHaveEnded = false
    }

    private func wait() -> Ready {
        var interest: Interest = []
        if hasRoom { interest.insert(.readable) }
        if asker.outgoingCount > 0 { interest.insert(.writable) }
        let sources = workers.map(\.socket) + hangs.pidfds
        let found: [Readiness]
        do {
            found = try Readiness.wait(
                forAnyOf: [(asker.socket, interest)] + sources.map { ($0, .readable) },
                until: nextDeadline().map(BootTime.init(microseconds:)))
        } catch {
            // For want of memory; whoever is ready will be so the next time.
            return Ready()
        }
        var ready = Ready()
        ready.askerHasGone = !found[0].isDisjoint(with: [.hangUp, .error])
        ready.askerHasAsked = found[0].contains(.readable)
        ready.workers = zip(workers, found.dropFirst()).filter { !$1.isEmpty }.map(\.0)
        ready.someHaveEnded = found.dropFirst(1 + workers.count).contains { !$0.isEmpty }
        return ready
    }

    private func nextDeadline() -> Int64? {
        var deadlines = workers.compactMap { $0.task?.runDeadline } + queue.map(\.queueDeadline)
        if let retry = staffing.retryTime { deadlines.append(retry) }
        if let decision = hangs.nextDecision { deadlines.append(decision) }
        return deadlines.min()
    }

    /// - Returns: false when the broker has gone.
    private func acceptRequests() -> Bool {
        while hasRoom {
            let room = hangs.roomForDescriptors
            switch asker.receive(room: room) {
            case .nothingYet: return true
            case .closed: return false
            case .message(let message):
                switch message.request {
                case .success(let request) where request.operation == .census:
                    asker.send(.census(census), to: request.id)
                case .success(let request):
                    queue.append(
                        WaitingRequest(
                            request, message: message, queueDeadline: SystemClock.bootTimeUSec() + timeLimit,
                            &served))
                case .failure(let malformed):
                    let isUnwelcome = room == .none
                    asker.send(
                        isUnwelcome
                            ? OpenerFailure(.timedOut, .mountHangs) : OpenerFailure(.badMessage, .malformed),
                        to: malformed.id)
                }
            }
        }
        return true
    }

    /// Answers a request that no worker has.
    private func refuse(_ request: WaitingRequest, _ failure: OpenerFailure) {
        asker.send(failure, to: request.request.id)
        hangs.dispose(request.message.descriptor)
    }

    /// Gives waiting requests to free workers, one account after the other, but none whose path another works on, and none
    /// for which others would be left without workers.
    private func dispatch() {
        guard !queue.isEmpty else { return }
        var shares: [WorkerKind: WorkerShares] = [:]
        for kind in [WorkerKind.general, .inspector] {
            let own = workers.filter { $0.kind == kind }
            shares[kind] = WorkerShares(workers: own.count, running: own.compactMap { $0.task?.claim })
        }
        let order = shares[.general]?.order(of: queue.map(\.claim)) ?? []
        var isGone = Array(repeating: false, count: queue.count)
        for index in order {
            let request = queue[index]
            if let path = request.path, hangs.isUndecided(about: path) { continue }
            if let path = request.path, let reason = hangs.objection(to: path) {
                refuse(request, OpenerFailure(.timedOut, reason))
                isGone[index] = true
                continue
            }
            let isTaken = request.path != nil && workers.contains { $0.task?.path == request.path }
            guard !isTaken, let worker = workers.first(where: { $0.kind == request.kind && $0.task == nil }),
                shares[request.kind]?.mayStart(request.claim) == true
            else { continue }
            // One that has died shows on its socket at once; the request waits for another.
            guard worker.start(request, until: SystemClock.bootTimeUSec() + timeLimit + request.grace) else { continue }
            shares[request.kind]?.started(request.claim)
            isGone[index] = true
        }
        var places = isGone.makeIterator()
        queue.removeAll { _ in places.next() == true }
    }

    private func hear(_ worker: SupervisedWorker) {
        switch worker.hear() {
        case .nothingYet: break
        case .done:
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
                asker.send(OpenerFailure(.ioError, .workerDied, detail: signal), to: task.request.id)
            }
            if !worker.hasDoneAny { staffing.noteFailure() }
            dismiss(worker, over: nil)
        case .endedBefore:
            if let task = worker.task { queue.insert(task, at: 0) }
            if !worker.hasDoneAny { staffing.noteFailure() }
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
            asker.send(OpenerFailure(.timedOut, .timedOut), to: task.request.id)
            dismiss(worker, over: task.path ?? "")
        }
        let late = queue.filter { $0.queueDeadline <= now }
        queue.removeAll { $0.queueDeadline <= now }
        for request in late { refuse(request, OpenerFailure(.timedOut, .noWorkerFree)) }
    }

    /// Replaces the workers that are missing.
    private func startWorkers() {
        guard staffing.mayStart else { return }
        for (kind, wanted) in [(WorkerKind.inspector, 1), (.general, arguments.workers)] {
            while workers.count(where: { $0.kind == kind }) < wanted {
                do {
                    workers.append(
                        try SupervisedWorker(
                            kind: kind, arguments: arguments, asker: asker.socket, held: held))
                } catch {
                    complain("cannot start a worker: \(error)")
                    return staffing.noteFailure()
                }
            }
        }
    }
}

/// What an opener does first that was not started by the broker, but by the service manager, because of a connection.
enum Introduction {
    /// Looks who has connected, as the kernel recorded it, and sends this process's pidfd: so the broker knows that the
    /// opener is there, and notices its end even while a worker that cannot die keeps the socket open.
    static func make(to uid: UInt32, on socket: borrowing OwnedDescriptor) throws {
        let peer = try Peer.credentials(of: socket)
        guard peer.uid == uid else {
            throw UsageError(message: "the connection is uid \(peer.uid)'s, and vaultd runs as uid \(uid)")
        }
        let pidfd = try ProcessDescriptor.open(getpid())
        let status = OpenedStatus(flags: 0, mode: 0, device: 0, inode: 0, representedDevice: 0)
        let answer = OpenerAnswer(id: OpenerAnswer.arrivalID, outcome: .descriptors(count: 1, status))
        try MessageSocket.send(answer.encoded().span, passing: pidfd, on: socket)
    }
}

/// When workers may be started: at once, unless they cannot be started or die before they have done anything, which
/// would go on without end.
struct Staffing {
    private var failures = 0
    private var notBefore: Int64 = 0

    private static let firstPause: Int64 = 50_000
    private static let longestPause: Int64 = 5_000_000

    var mayStart: Bool { SystemClock.bootTimeUSec() >= notBefore }

    /// When to try again, in microseconds of the boot clock, if that is not now.
    var retryTime: Int64? { mayStart ? nil : notBefore }

    mutating func noteFailure() {
        let pause = min(Self.firstPause << min(failures, 16), Self.longestPause)
        failures += 1
        notBefore = SystemClock.bootTimeUSec() + pause
    }

    mutating func noteSuccess() {
        failures = 0
    }
}

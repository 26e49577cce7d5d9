// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// Asks the opener, on the event loop, without ever waiting for it.
///
/// Each request is answered by exactly one call of its completion, on the loop's thread and never before the request
/// returns: with what the opener said, or with a failure of the client's own (`OpenerReason` from 40 on). Many requests
/// may be under way; answers come in any order. When the opener dies, all that wait fail with `ENOTCONN`, and so does
/// everything asked later: an opener that comes in its place has a client of its own.
///
/// Proof of `@unchecked Sendable`: it is made on the loop's thread (`watch` traps elsewhere), and everything that others
/// can call checks that it is there. What is private is called by that, or by the loop: as a watch's or a timer's handler.
/// Nothing else refers to the stored properties, and their end, wherever it comes, only closes what they own.
package final class OpenerClient: @unchecked Sendable {
    private let loop: EventLoop
    /// The opener's pidfd: of the child that it is, or what one that was connected to has sent of itself.
    private var process: HeldDescriptor?
    private let isChild: Bool
    private let timeLimit: Duration
    private var socket: HeldDescriptor?
    private var watch: WatchToken?
    private var endWatch: WatchToken?
    /// Keeps this object until the opener is reaped, once nothing else needs it.
    private var untilItsEnd: OpenerClient?
    private var timer: TimerToken?
    private var waiting: [UInt64: Waiting] = [:]
    private var outgoing: [Outgoing] = []
    private var nextID: UInt64 = 1
    private var onDeath: ((ExitStatus?) -> Void)?
    private var onArrival: (() -> Void)?

    /// So many requests may wait; the next fails at once with `EAGAIN`.
    package static let waitingLimit = 256

    package typealias ReplyHandler = (Result<OpenerReply, OpenerFailure>) -> Void

    private struct Waiting {
        let done: ReplyHandler
        let deadline: BootTime
    }

    private struct Outgoing {
        let bytes: [UInt8]
        let descriptor: HeldDescriptor?
    }

    /// For an opener that this process has started. On the loop's thread.
    ///
    /// - Parameters:
    ///   - timeLimit: the opener's own limit for one request. Twice that and two seconds, for a wait in its queue, is the
    ///     time after which this client gives an answer up: so it has one even if the opener itself is stopped.
    ///   - onDeath: called once, on the loop's thread, when the opener has gone; how it ended, if that is known.
    package init(
        _ process: consuming OpenerProcess, loop: EventLoop, timeLimit: Duration,
        onDeath: @escaping (ExitStatus?) -> Void
    ) throws(Errno) {
        self.loop = loop
        self.timeLimit = timeLimit * 2 + .seconds(2)
        self.onDeath = onDeath
        let pidfd = process.child.pidfd
        self.process = pidfd
        isChild = true
        let socket = HeldDescriptor(process.socket)
        self.socket = socket
        watch = try loop.watch(socket, for: .readable) { [weak self] in self?.ready($0) }
        // Its workers have the socket, too, and one that cannot die keeps it open when the opener itself is gone.
        endWatch = try loop.watch(pidfd, for: .readable) { [weak self] _ in self?.ended() }
    }

    /// For an opener that the service manager starts because of this connection. On the loop's thread.
    ///
    /// - Parameters:
    ///   - onArrival: called when the opener has said that it is there. Requests may be sent before.
    ///   - onDeath: called once, on the loop's thread, when the connection has ended or the opener has; never with how.
    package init(
        connected connection: consuming OwnedDescriptor, loop: EventLoop, timeLimit: Duration,
        onArrival: @escaping () -> Void, onDeath: @escaping (ExitStatus?) -> Void
    ) throws(Errno) {
        self.loop = loop
        self.timeLimit = timeLimit * 2 + .seconds(2)
        self.onArrival = onArrival
        self.onDeath = onDeath
        isChild = false
        let socket = HeldDescriptor(connection)
        self.socket = socket
        watch = try loop.watch(socket, for: .readable) { [weak self] in self?.ready($0) }
    }

    /// Without an opener: everything that is asked fails with `ENOTCONN`.
    package init(disconnectedOn loop: EventLoop) {
        self.loop = loop
        timeLimit = .zero
        isChild = false
    }

    /// Whether the opener is there. What is held can be served without it; nothing can be opened.
    package var isAlive: Bool {
        precondition(loop.isOnLoop, "the client of the opener belongs to the loop's thread")
        return socket != nil && process != nil
    }

    /// How many requests wait for an answer.
    package var waitingCount: Int {
        precondition(loop.isOnLoop, "the client of the opener belongs to the loop's thread")
        return waiting.count
    }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - descriptor: for `reopen`, `copy`, `inspect` and `executable`; held until it is sent.
    ///   - uid: on whose account; nil: the broker's own.
    package func request(
        _ operation: OpenerRequest.Operation, passing descriptor: HeldDescriptor? = nil, for uid: UInt32? = nil,
        _ done: @escaping ReplyHandler
    ) {
        precondition(loop.isOnLoop, "the client of the opener belongs to the loop's thread")
        guard socket != nil else { return fail(OpenerFailure(.socketNotConnected, .openerGone), done) }
        guard waiting.count < Self.waitingLimit else {
            return fail(OpenerFailure(.resourceTemporarilyUnavailable, .tooManyRequests), done)
        }
        let id = nextID
        nextID += 1
        guard let bytes = try? OpenerRequest(id: id, operation: operation, account: uid).encoded() else {
            return fail(OpenerFailure(.invalidArgument, .unsendable), done)
        }
        do throws(Errno) {
            try send(bytes, descriptor)
        } catch {
            return fail(OpenerFailure(error), done)
        }
        waiting[id] = Waiting(done: done, deadline: BootTime.now.advanced(by: timeLimit))
        armTimer()
    }

    /// Later, as all answers come, so that no caller is called back while it is still asking.
    private func fail(_ failure: OpenerFailure, _ done: @escaping ReplyHandler) {
        let handler = LoopBound(done, to: loop)
        loop.afterTurn { handler.value(.failure(failure)) }
    }

    // MARK: Sending

    private func send(_ bytes: [UInt8], _ descriptor: HeldDescriptor?) throws(Errno) {
        if outgoing.isEmpty {
            do {
                return try sendNow(bytes, descriptor)
            } catch .resourceTemporarilyUnavailable {
                // The opener's queue is full: it takes no more for the moment.
            }
        }
        outgoing.append(Outgoing(bytes: bytes, descriptor: descriptor))
        changeInterest()
    }

    private func sendNow(_ bytes: [UInt8], _ descriptor: HeldDescriptor?) throws(Errno) {
        guard let socket else { throw .socketNotConnected }
        let descriptors = descriptor.map { [$0] } ?? []
        try MessageSocket.send(bytes.span, passing: descriptors, on: socket, flags: .dontWait)
    }

    private func flush() {
        while let first = outgoing.first {
            do throws(Errno) {
                try sendNow(first.bytes, first.descriptor)
            } catch .resourceTemporarilyUnavailable {
                break
            } catch {
                // The opener is gone, which reading tells, too; its requests fail there.
                break
            }
            outgoing.removeFirst()
        }
        changeInterest()
    }

    private func changeInterest() {
        guard let watch else { return }
        loop.change(watch, to: outgoing.isEmpty ? .readable : [.readable, .writable])
    }

    // MARK: Receiving

    private func ready(_ readiness: Readiness) {
        receive()
        if readiness.contains(.writable) { flush() }
    }

    private func receive() {
        while let socket {
            do throws(Errno) {
                guard let reply = try ReceivedAnswer.receive(on: socket) else { return die() }
                if reply.id == OpenerAnswer.arrivalID {
                    arrived(reply)
                    continue
                }
                // An answer that was given up, or was given before, or was never asked for, is closed here.
                waiting.removeValue(forKey: reply.id)?.done(reply.result)
            } catch .resourceTemporarilyUnavailable {
                break
            } catch {
                return die()
            }
        }
    }

    /// What an opener that was connected to says first: its pidfd.
    private func arrived(_ reply: ReceivedAnswer) {
        guard process == nil, case .success(let content) = reply.result, let pidfd = content.descriptor else { return }
        // Its workers have the socket, too: without this watch one that cannot die would hide that the opener is gone.
        guard let watch = try? loop.watch(pidfd, for: .readable, { [weak self] _ in self?.ended() }) else { return }
        process = pidfd
        endWatch = watch
        onArrival?()
    }

    /// Ends the opener, at the broker's own end: its death is not reported. What waits fails with `ENOTCONN`.
    package func close() {
        precondition(loop.isOnLoop, "the client of the opener belongs to the loop's thread")
        onDeath = nil
        die()
    }

    private func die() {
        guard let watch else { return }
        loop.unwatch(watch)
        self.watch = nil
        if let timer { loop.cancel(timer) }
        timer = nil
        // The opener ends when this is closed, if it has not ended yet. One that no longer does is killed, if it is not
        // root's and this process another's.
        socket = nil
        if isChild, let process { try? ProcessDescriptor.signal(process, SIGKILL) }
        outgoing = []
        onArrival = nil
        let all = waiting.sorted { $0.key < $1.key }
        waiting = [:]
        if isChild, endWatch != nil { untilItsEnd = self }
        for (_, request) in all { request.done(.failure(OpenerFailure(.socketNotConnected, .openerGone))) }
        guard !isChild else { return }
        if let endWatch { loop.unwatch(endWatch) }
        endWatch = nil
        process = nil
        report(nil)
    }

    /// The opener has ended, by itself or because of its socket.
    private func ended() {
        if let endWatch { loop.unwatch(endWatch) }
        endWatch = nil
        // What it answered before counts.
        receive()
        die()
        untilItsEnd = nil
        guard isChild, let process else { return }
        report(try? ProcessDescriptor.reap(process, blocking: false))
    }

    private func report(_ status: ExitStatus?) {
        let handler = onDeath
        onDeath = nil
        handler?(status)
    }

    // MARK: Time

    private func armTimer() {
        guard timer == nil, let first = waiting.values.map(\.deadline).min() else { return }
        timer = loop.timer(at: first) { [weak self] in self?.giveUp() }
    }

    private func giveUp() {
        timer = nil
        let now = BootTime.now
        let late = waiting.filter { $0.value.deadline <= now }.sorted { $0.key < $1.key }
        for (id, _) in late { waiting[id] = nil }
        for (_, request) in late { request.done(.failure(OpenerFailure(.timedOut, .timedOut))) }
        armTimer()
    }
}

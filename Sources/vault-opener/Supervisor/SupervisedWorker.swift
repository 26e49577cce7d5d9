// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage

/// A worker as the supervisor sees it.
final class SupervisedWorker {
    let kind: WorkerKind
    let child: ChildProcess
    let socket: OwnedDescriptor
    /// What it works on.
    var task: WaitingRequest?
    private(set) var hasAnswered = false

    /// Starts a process of this program as a worker.
    init(kind: WorkerKind, arguments: OpenerArguments) throws(Errno) {
        let sockets = try MessageSocket.pair(.seqpacket)
        self.kind = kind
        child = try ChildProcess.spawn(
            "/proc/self/exe", arguments: ["vault-opener"] + arguments.words(for: kind, parent: getpid()),
            passing: [(sockets.second.raw, 3)], directory: "/")
        socket = sockets.keepingFirst()
    }

    /// - Parameter deadline: when it has had its time.
    /// - Returns: false if the worker is not there to take it.
    func start(_ task: WaitingRequest, until deadline: Int64) -> Bool {
        let descriptors = task.message.descriptor.map { [$0] } ?? []
        do {
            try withExtendedLifetime(descriptors) { () throws(Errno) in
                _ = try MessageSocket.send(
                    task.message.bytes.span, passing: descriptors.map(\.raw), on: socket.raw, flags: .dontWait)
            }
        } catch {
            return false
        }
        self.task = task
        self.task?.runDeadline = deadline
        return true
    }

    /// What its socket brings.
    enum Word {
        case nothingYet
        case answer(AnswerMessage)
        /// It has ended, or does not keep to the form.
        case broken
        /// It has ended without having read its request.
        case endedBefore
    }

    func hear() -> Word {
        do {
            guard let answer = try AnswerMessage.receive(on: socket.raw), let task, answer.id == task.request.id else {
                return .broken
            }
            hasAnswered = true
            return .answer(answer)
        } catch .resourceTemporarilyUnavailable {
            return .nothingYet
        } catch .connectionReset {
            // What a Unix socket says whose peer was closed with something unread.
            return .endedBefore
        } catch {
            return .broken
        }
    }

    func kill() { try? child.signal(SIGKILL) }

    /// The signal that ended a worker whose socket is closed. Between the closing and the end is a moment, for which
    /// this waits; not longer, for all others would wait as well.
    func endingSignal() -> CInt? {
        var request = pollfd(fd: child.pidfd.raw, events: Int16(POLLIN), revents: 0)
        _ = try? SystemCall.retrying { poll(&request, 1, 20) }
        guard case .killed(let signal, _) = try? child.reap() else { return nil }
        return signal
    }
}

extension SocketPair {
    consuming func keepingFirst() -> OwnedDescriptor { first }
}

/// An answer on its way: the bytes are passed on as they are.
struct AnswerMessage {
    let id: UInt64
    let bytes: [UInt8]
    let descriptors: [HeldDescriptor]

    init(_ answer: OpenerAnswer) {
        id = answer.id
        bytes = answer.encoded()
        descriptors = []
    }

    private init(id: UInt64, bytes: [UInt8], descriptors: [HeldDescriptor]) {
        self.id = id
        self.bytes = bytes
        self.descriptors = descriptors
    }

    /// - Returns: nil at the end, or for what is no answer.
    /// - Throws: `EAGAIN`, and what recvmsg(2) says of a broken connection.
    static func receive(on socket: CInt) throws(Errno) -> AnswerMessage? {
        try withUnsafeTemporaryAllocation(byteCount: WireForm.receiveSize, alignment: 8) {
            buffer throws(Errno) -> AnswerMessage? in
            var message = try MessageSocket.receive(into: buffer, room: .descriptors(2), on: socket, flags: .dontWait)
            if message.isEndOfFile || message.isTruncated { return nil }
            let bytes = Array(buffer[..<message.byteCount])
            guard let answer = try? OpenerAnswer(decoding: bytes) else { return nil }
            // The descriptors were lost for want of a free number.
            if message.isControlTruncated {
                return AnswerMessage(OpenerAnswer(id: answer.id, outcome: .failed(OpenerFailure(.tooManyOpenFiles))))
            }
            var descriptors: [HeldDescriptor] = []
            while !message.descriptors.isEmpty {
                descriptors.append(HeldDescriptor(message.descriptors.removeLast()))
            }
            guard descriptors.count == answer.descriptorCount else { return nil }
            return AnswerMessage(id: answer.id, bytes: bytes, descriptors: descriptors.reversed())
        }
    }
}

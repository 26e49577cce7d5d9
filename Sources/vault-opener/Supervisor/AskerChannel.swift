// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import SystemPackage

/// The socket to the broker: requests in, answers out, neither of which may make the supervisor wait.
struct AskerChannel: ~Copyable {
    let socket: OwnedDescriptor
    /// Answers for which the broker has made no room yet.
    private var outgoing: [AnswerMessage] = []

    init(socket: consuming OwnedDescriptor) { self.socket = socket }

    var outgoingCount: Int { outgoing.count }

    enum Received {
        case nothingYet
        case message(RequestMessage)
        case closed
    }

    func receive() -> Received {
        do {
            guard let message = try RequestMessage.receive(on: socket.raw, flags: .dontWait) else { return .closed }
            return .message(message)
        } catch .resourceTemporarilyUnavailable {
            return .nothingYet
        } catch {
            return .closed
        }
    }

    mutating func send(_ answer: AnswerMessage) {
        outgoing.append(answer)
        flush()
    }

    /// Sends what can be sent. That the broker is gone shows when it is read from.
    mutating func flush() {
        var sent = 0
        while sent < outgoing.count, sendNow(outgoing[sent]) { sent += 1 }
        outgoing.removeFirst(sent)
    }

    /// - Returns: false when there is no room.
    private func sendNow(_ answer: AnswerMessage) -> Bool {
        do throws(Errno) {
            try withExtendedLifetime(answer.descriptors) { descriptors throws(Errno) in
                _ = try MessageSocket.send(
                    answer.bytes.span, passing: descriptors.map(\.raw), on: socket.raw, flags: .dontWait)
            }
        } catch .resourceTemporarilyUnavailable {
            return false
        } catch {
            // Descriptors that cannot be passed (ETOOMANYREFS, EPERM) are an answer, too.
            let failure = AnswerMessage(OpenerAnswer(id: answer.id, outcome: .failed(OpenerFailure(error))))
            if !answer.descriptors.isEmpty { return sendNow(failure) }
        }
        return true
    }
}

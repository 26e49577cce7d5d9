// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import SystemPackage

/// The socket to the broker, as the supervisor uses it: requests in, and out the failures that no worker can tell.
/// Neither may make the supervisor wait.
struct AskerChannel: ~Copyable {
    let socket: HeldDescriptor
    /// Answers for which the broker has made no room yet.
    private var outgoing: [[UInt8]] = []

    init(socket: consuming OwnedDescriptor) { self.socket = HeldDescriptor(socket) }

    var outgoingCount: Int { outgoing.count }

    enum Received {
        case nothingYet
        case message(RequestMessage)
        case closed
    }

    /// - Parameter room: for the descriptors that come along.
    func receive(room: ControlRoom) -> Received {
        do {
            guard let message = try RequestMessage.receive(on: socket, room: room, flags: .dontWait) else {
                return .closed
            }
            return .message(message)
        } catch .resourceTemporarilyUnavailable {
            return .nothingYet
        } catch {
            return .closed
        }
    }

    mutating func send(_ failure: OpenerFailure, to id: UInt64) { send(.failed(failure), to: id) }

    mutating func send(_ outcome: OpenerAnswer.Outcome, to id: UInt64) {
        outgoing.append(OpenerAnswer(id: id, outcome: outcome).encoded())
        flush()
    }

    /// Sends what can be sent. That the broker is gone shows when it is read from.
    mutating func flush() {
        var sent = 0
        while sent < outgoing.count, sendNow(outgoing[sent]) { sent += 1 }
        outgoing.removeFirst(sent)
    }

    /// - Returns: false when there is no room.
    private func sendNow(_ bytes: [UInt8]) -> Bool {
        do {
            try MessageSocket.send(bytes.span, on: socket, flags: .dontWait)
            return true
        } catch {
            return error != .resourceTemporarilyUnavailable
        }
    }
}

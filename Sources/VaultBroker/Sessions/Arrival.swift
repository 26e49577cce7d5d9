// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Varlink
import VaultCore

/// A connection that was accepted, and whose peer is to be identified when it is its uid's turn.
///
/// Lives on the broker's loop, and owns the socket until that is taken.
final class Arrival: TurnTaker {
    /// Of the process that connected, as the socket says.
    let uid: UInt32
    /// How the messages of its protocol are told apart.
    let framing: MessageFraming
    private var socket: OwnedDescriptor?
    private unowned let broker: Broker

    init(_ socket: consuming OwnedDescriptor, _ uid: UInt32, _ framing: MessageFraming, _ broker: Broker) {
        self.socket = consume socket
        self.uid = uid
        self.framing = framing
        self.broker = broker
    }

    /// Gives the socket up; once.
    func takeSocket() -> OwnedDescriptor? { socket.take() }

    func turnHasCome() {
        let bound = LoopBound(self, to: broker.loop)
        broker.assumeIsolated { $0.identify(bound.value) }
    }
}

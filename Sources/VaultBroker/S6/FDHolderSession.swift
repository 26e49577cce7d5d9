// SPDX-License-Identifier: Apache-2.0

import Descriptors
import FDHolderProtocol
import Varlink
import VaultCore

/// What a connection that speaks s6's protocol has under way.
///
/// Lives on the broker's loop, with its session.
final class FDHolderSession {
    /// How the messages of the protocol are told apart.
    static let framing = MessageFraming.counted(headerSize: FDHolderRequest.headerSize)
    /// The most descriptors of a dump, either way: all of them are looked at in one turn.
    static let mostDumped = 4 * FDHolderRequest.mostDescriptors

    /// A deposit that was passed to be gone, and is not known to have arrived.
    final class Taking {
        let call: OpenCall
        /// That it has arrived is being recorded.
        var isConfirming = false

        init(_ call: OpenCall) { self.call = call }
    }

    /// A dump that comes in, in several messages. It counts as one that is half sent.
    final class Dump {
        /// The descriptors that are still to come.
        var awaited: Int
        let sinceUSec: Int64
        var requests: [DepositRequest] = []
        /// They are on their way, until they are deposits.
        private let charge: Charge

        init(_ count: Int, _ charge: Charge, sinceUSec: Int64) {
            awaited = count
            self.charge = charge
            self.sinceUSec = sinceUSec
        }
    }

    var takings: [Taking] = []
    var dump: Dump?
    /// The calls whose messages are parts of one dump, and of these the ones that are not its first.
    var parts: Set<UInt64> = []
    var laterParts: Set<UInt64> = []

    /// Something that went out has not been read, or is not recorded to have been.
    var isWaiting: Bool { !takings.isEmpty }

    /// The connection has ended: what came in of a dump goes.
    func end() {
        takings = []
        dump = nil
    }
}

extension Session {
    /// What stands in the place of a grant that does not leave.
    func refusal(_ refusal: Refusal, inPlaceOf token: UInt64) -> [UInt8] {
        guard let holder = fdHolder else { return MessageText.error(refusal.brokerError.varlinkError) }
        // A dump that is not whole is none: nothing of it follows.
        if holder.parts.contains(token) { mustClose = true }
        return holder.laterParts.contains(token) ? FDHolderReply.broken : FDHolderReply.failed(refusal.errno)
    }

    /// Whether all that went out with descriptors has been read by a client that is there, or that left in good order behind it.
    ///
    /// One that ends with something unread leaves an error behind (`ECONNRESET`), before the kernel lets go of what was unread: so
    /// it is looked for after the queue.
    func hasArrived() -> Bool {
        guard hasReadAll(), let state = try? Readiness.current(for: [], on: connection.socket) else { return false }
        return !state.contains(.error)
    }
}

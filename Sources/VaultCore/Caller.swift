// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// One connection as the core knows it: who is at its other end, whether that is still there, and which recorded grants
/// wait for their turn to leave.
///
/// The shell closes it through ``BrokerCore/closed(_:)``.
package final class Caller {
    package let identity: Identity
    /// The same as records write it, made once.
    package let peerText: PeerText
    /// The connection; nil once it is gone.
    package private(set) weak var link: (any CallerPort)?
    package private(set) var isGone = false
    /// Distinguishes the connections of this run; 0 until there is a place for it.
    package internal(set) var number: UInt64 = 0
    /// What it has not read of its replies: see ``Turns``.
    var unreadBytes = 0
    /// When something last came or went (boot clock): see ``Sessions``.
    var lastActiveUSec: Int64 = 0
    /// What goes out to it, for as long as it is there: see ``Traffic``.
    var outgoing: Outgoing?
    /// The places of descriptors that have come in over it: see ``Sessions``.
    var incoming: Charge?
    /// What it takes and has not confirmed: see ``Deposits``.
    var takings: Set<String> = []
    /// What was sent to it and may have arrived.
    var sent = SentRecords()
    /// The grants that wait, mostly one or a few; they leave in this order.
    private var queued: [OpenCall] = []

    package init(_ identity: Identity, _ peerText: PeerText, _ link: any CallerPort) {
        self.identity = identity
        self.peerText = peerText
        self.link = link
    }

    /// Whose copies of secrets for this caller are; nil when its user has no number here, so that nothing can belong to it.
    var copyOwner: CopyOwner? {
        guard identity.idMapIsIdentity || identity.uid != Self.overflowID else { return nil }
        return CopyOwner(uid: identity.uid, gid: identity.gid)
    }

    /// What the kernel says in place of an id that the user namespace does not have (`/proc/sys/kernel/overflowuid`).
    private static let overflowID: UInt32 = 65534

    /// Whether grants wait for their turn.
    package var isOwedGrants: Bool { !queued.isEmpty }

    func queue(_ call: OpenCall) { queued.append(call) }

    func queued(_ number: UInt64) -> OpenCall? { queued.first { $0.number == number } }

    func unqueue(_ call: OpenCall) {
        if let place = queued.firstIndex(where: { $0 === call }) { queued.remove(at: place) }
    }

    /// Gives up all that is queued, in the order of the calls.
    func unqueueAll() -> [OpenCall] {
        defer { queued = [] }
        return queued.sorted { $0.number < $1.number }
    }

    /// Nothing is sent to it from here on.
    func leave() {
        isGone = true
        incoming = nil
    }
}

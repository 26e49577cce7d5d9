// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes
import Records
import TransparencyLog
import Varlink
import VaultCore
import VaultLedger
import VaultModel

/// One connection and who is at its other end.
///
/// Lives on the broker's loop. Owns the socket; the broker's `close` ends it.
final class Session {
    let number: UInt64
    let connection: VarlinkServerConnection
    /// The process at the other end, pinned.
    let peer: IdentifiedPeer
    /// The same in the words of the policy.
    let identity: Identity
    /// The same as the core knows it.
    private(set) lazy var caller = Caller(identity, PeerText(identity, hash: TreeHash.hexadecimalDigest), self)
    private unowned let broker: Broker
    /// The same with everything that can be known, as it was when it last did something that changes the vault.
    var author: PeerText?
    /// The same with everything, once it has asked who it is.
    var everything: Identity?
    /// Who waits for that: it is read once, however often it is asked for.
    var waitingForEverything: [Answer] = []

    var watch: WatchToken?
    var interest: Interest = []
    var isClosed = false
    /// The peer sends no more; what it asked is still answered.
    var isAtEnd = false
    /// What the last check before sending found ends the connection.
    var mustClose = false
    /// The last send found the socket full.
    var isBlocked = false
    /// When something last came or went (boot clock).
    var lastActiveUSec: Int64
    /// Messages with descriptors that went out since the peer was last seen to have read everything.
    var undrainedMessages = 0
    /// Since when a grant waits for the peer to read (boot clock).
    var undrainedSinceUSec: Int64?
    /// A flush is due at the end of this turn.
    var isPumpDue = false
    /// Another look is timed: for what epoll does not report, such as a peer that has read, or the in-flight quota.
    var isRetryTimed = false

    init(
        number: UInt64, connection: VarlinkServerConnection, peer: IdentifiedPeer, identity: Identity, broker: Broker,
        bootUSec: Int64
    ) {
        self.number = number
        self.connection = connection
        self.peer = peer
        self.identity = identity
        self.broker = broker
        self.lastActiveUSec = bootUSec
    }

    /// Nothing is owed to the peer, and it owes nothing.
    var isIdle: Bool { connection.openCalls == 0 && connection.pendingBytes == 0 && connection.partialSince == nil }

    /// Who called, as records write it.
    var peerText: PeerText { caller.peerText }
}

extension Session: CallerPort {
    func holderKey() -> HolderKey? {
        guard let key = try? peer.processKey() else { return nil }
        return HolderKey(pid: key.pid, pidfdInode: key.pidfdInode, startTicks: key.startTicks)
    }

    var program: String? { identity.exe.value }

    func recheck(_ facts: SelectorKinds, _ call: OpenCall) -> CallerState {
        let bound = LoopBound((session: self, call: call), to: broker.loop)
        return broker.assumeIsolated { $0.recheck(bound.value.session, facts, bound.value.call) }
    }

    func takesMore() -> Bool {
        let bound = LoopBound(self, to: broker.loop)
        return broker.assumeIsolated { $0.isDrained(bound.value) }
    }

    func lookAgain() {
        let bound = LoopBound(self, to: broker.loop)
        broker.assumeIsolated { $0.pumpSoon(bound.value) }
    }
}

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
    let connection: VarlinkServerConnection
    /// The process at the other end, pinned.
    let peer: IdentifiedPeer
    /// The same in the words of the policy.
    let identity: Identity
    /// The same as the core knows it.
    private(set) lazy var caller = Caller(identity, PeerText(identity, hash: TreeHash.hexadecimalDigest), self)
    private unowned let broker: Broker
    private let loop: EventLoop
    /// The broker's: who is looked at before each grant is asked of the kernel without a detour.
    private let identification: PeerIdentification
    /// The same with everything that can be known, as it was when it last did something that changes the vault.
    var author: PeerText?
    /// The same with everything, once it has asked who it is.
    var everything: Identity?
    /// Who waits for that: it is read once, however often it is asked for.
    var waitingForEverything: [Answer] = []

    var watch: WatchToken?
    var interest: Interest = []
    /// Something has been granted to it.
    private var hasGrants = false
    /// Whether there is room for descriptors has been settled.
    var isRoomSet = false
    var isClosed = false
    /// The peer sends no more; what it asked is still answered.
    var isAtEnd = false
    /// What the last check before sending found ends the connection.
    var mustClose = false
    /// The last send found the socket full.
    var isBlocked = false
    /// It waits for the turn of its uid; nothing is read until then.
    var isTurnDue = false
    /// It has sent something that is read in its turn.
    var isReadDue = false
    /// It is not read from: what it passed before hangs at its end.
    var isHeldBack = false
    /// That was told again since it waits.
    var isReadTold = false
    /// What it was asked last and has not answered yet; not an `Open`.
    var asked: Answer?
    /// The call that is being served is paid by a record: it tells what has arrived of what was granted.
    var isPaid = false
    /// What it asked for with `Open` and without a reason, by the places at which the connection remembers the messages.
    private var asks: [OpenRequest?] = []
    /// The place of the message that is being served.
    private var placeAsked: Int?
    /// What it has under way where it speaks s6's protocol; nil: it speaks Varlink.
    let fdHolder: FDHolderSession?
    /// What is read over it where a service manager reads a credential.
    let credential: CredentialSession?
    /// Who makes a large answer, and goes on when enough of it has been read, or to look again.
    var readerIsAwaited: CheckedContinuation<Void, Never>?
    /// A flush is due at the end of this turn.
    var isPumpDue = false
    /// Another look is timed: for what epoll does not report, such as a peer that has read, or the in-flight quota.
    var isRetryTimed = false

    init(
        connection: VarlinkServerConnection, peer: IdentifiedPeer, identity: Identity, broker: Broker, loop: EventLoop,
        _ identification: PeerIdentification
    ) {
        self.connection = connection
        fdHolder = connection.framing == FDHolderSession.framing ? FDHolderSession() : nil
        credential = connection.framing == CredentialSession.framing ? CredentialSession() : nil
        self.peer = peer
        self.identity = identity
        self.broker = broker
        self.loop = loop
        self.identification = identification
    }

    /// What an `Open` asks for whose message has come before. To be called for each message.
    func asksAgain(_ call: borrowing VarlinkCall) -> OpenRequest? {
        placeAsked = call.place
        guard let place = call.place, place < asks.count else { return nil }
        if !call.isRepeated { asks[place] = nil }
        return asks[place]
    }

    /// Keeps what the message that is being served asks for, if it is remembered, and names no more than there is room for.
    func keep(_ asked: OpenRequest?) {
        guard let place = placeAsked else { return }
        while asks.count <= place { asks.append(nil) }
        asks[place] = nil
        let names = asks.reduce(asked?.names.count ?? 0) { $0 + ($1?.names.count ?? 0) }
        if names <= Self.mostNamesKept { asks[place] = asked }
    }

    /// Of all that a connection asked for: for each of them some 2 KiB are prepared.
    private static let mostNamesKept = 64

    /// By which the broker finds it; 0 until the core has taken it in.
    var number: UInt64 { caller.number }

    /// Has who waits for that look whether enough has been read.
    func noteRead() { readerIsAwaited.take()?.resume() }

    /// Nothing is owed to the peer, and it owes nothing.
    var isIdle: Bool {
        connection.openCalls == 0 && connection.pendingBytes == 0 && connection.partialSince == nil && !isTurnDue
            && !isAsking && fdHolder?.isWaiting != true
    }

    /// What it asked is not answered yet, and nothing else is taken up before.
    var isAsking: Bool { asked?.isGiven == false }

    /// Whether it is to be read from.
    func wantsInput(unreadLimit: Int) -> Bool {
        !isAtEnd && !isTurnDue && !isAsking && credential == nil && connection.wantsInput(unsent: unreadLimit)
    }

    /// Whether more of it may be taken up, as far as its own answers go.
    func takesCalls(unreadLimit: Int) -> Bool { !isAsking && connection.pendingBytes <= unreadLimit }

    /// Who called, as records write it.
    var peerText: PeerText { caller.peerText }
}

extension Session: CallerPort {
    func holderKey() -> HolderKey? {
        guard let key = try? peer.processKey() else { return nil }
        return HolderKey(pid: key.pid, pidfdInode: key.pidfdInode, startTicks: key.startTicks)
    }

    var program: String? { identity.exe.value }

    /// The process is alive, has the same ids, and whatever the deciding rule used is unchanged
    /// (Decisions: recheck before sending).
    func recheck(_ kinds: SelectorKinds, _ call: OpenCall) -> CallerState {
        precondition(loop.isOnLoop, "only for the thread of the event loop")
        switch identification.recheck(peer, using: ProcessFactKinds(kinds)) {
        case .unchanged:
            return .same
        case .changed, .refused:
            return .different
        case .needsOpener(let facts):
            let bound = LoopBound((session: self, call: call), to: loop)
            broker.assumeIsolated { $0.askOpener(bound.value.session, facts, bound.value.call) }
            return .asking
        }
    }

    func hasReadAll() -> Bool { UnreadRest(connection).hasReadAll() }

    func lookAgain() { ask { $0.pumpSoon($1) } }

    func lookAgainLater() { ask { $0.pumpLater($1) } }

    var halfMessageSinceUSec: Int64? {
        isTurnDue ? nil : connection.partialSince?.microseconds ?? fdHolder?.dump?.sinceUSec
    }

    func takeNoMore() {
        connection.end()
        // One that owes half a message is owed nothing, and is closed at once.
        lookAgain()
    }

    func end(_ reason: DeliveryLog.Reason?) { ask { $0.close($1, reason: reason) } }

    func linger() -> (any UnreadPort)? {
        // What was sent can be read; the client sees the end behind it, as if this were closed.
        try? UnixSocket.shutDown(connection.socket)
        return UnreadRest(connection)
    }

    /// Calls the broker, on whose loop this is.
    private func ask(_ body: @Sendable (isolated Broker, Session) -> Void) {
        let bound = LoopBound(self, to: broker.loop)
        broker.assumeIsolated { body($0, bound.value) }
    }
}

/// Descriptors that went out over a connection and may lie unread, whether or not it has ended.
private final class UnreadRest: UnreadPort {
    private let socket: HeldDescriptor
    private let bytesSincePassing: Int

    init(_ connection: VarlinkServerConnection) {
        socket = connection.socket
        bytesSincePassing = connection.bytesSincePassing
    }

    func hasReadAll() -> Bool {
        guard let unread = try? SocketOption.outgoingQueue(of: socket) else { return false }
        return unread == 0 || unread < bytesSincePassing
    }
}

extension Session: TurnTaker {
    /// Charges its uid for what was done.
    func charge(_ usec: Int64) { ask { $0.core.turns.charge(usec, $1.identity.uid) } }

    /// Something has been granted to it: that it was looked at is paid by a record, of which its uid has so many.
    func isGranted() {
        guard !hasGrants else { return }
        hasGrants = true
        ask { $0.core.turns.giveBack(CallPrice.identification, $1.identity.uid) }
    }

    func turnHasCome() { ask { $0.turnHasCome($1) } }
}

extension Session {
    /// How the record of what it has done names it.
    var authorText: PeerText { author ?? peerText }

    /// Whether one of these is permitted now, to the process that connected.
    func permits(oneOf rights: [Author.Right]) -> Bool {
        let bound = LoopBound((session: self, rights: rights), to: broker.loop)
        return broker.assumeIsolated { $0.permitsNow(bound.value.rights, bound.value.session) }
    }
}

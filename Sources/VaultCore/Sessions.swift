// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// How many connections there may be, and how long each may keep others waiting. Times are in microseconds.
package struct SessionLimits: Sendable {
    /// Connections in all. One beyond takes the place of the longest idle one of the uid with most, or is refused.
    package var connections = 4096
    /// Connections of one account, those among them that have ended and left descriptors unread.
    package var connectionsPerUser = 64
    /// Places that only those who may `admin` can take.
    package var connectionsForAdmin = 16
    /// How long a message may stay half sent.
    package var halfMessageUSec: Int64 = 10_000_000
    /// How long a connection may say nothing; 0 is for ever.
    package var idleUSec: Int64 = 0
    /// How long a client may leave descriptors unread.
    package var undrainedUSec: Int64 = 10_000_000
    /// How many descriptors may be on their way, kept, and made ahead.
    package var descriptors = DescriptorLimits(of: 524_288)

    package init() {}
}

/// Connections, as far as anything is decided about them: who gets one, how many descriptors are on their way and lie unread,
/// whose time is over, and whether new calls are served at all.
package final class Sessions {
    package enum Phase: Sendable {
        case starting
        case serving
        /// No new connection is taken in and no new call taken up, while another daemon gets all that is held: they wait.
        case handingOver
        /// No new connection, no new call; what is in flight is finished.
        case leaving
        /// The last records are being written.
        case closing
        case stopped
    }

    private let loop: any LoopPort
    private let journal: Journal
    private let policy: PolicyRoom
    private let denials: Denials
    private let limits: SessionLimits
    /// By their numbers.
    private var members: [UInt64: Caller] = [:]
    private var ofUser: [Account: Int] = [:]
    private let traffic: Traffic
    private let incoming: Shares
    private var arrivals = Arrivals()
    private var waitsForArrivals = true
    private var nextNumber: UInt64 = 1
    package private(set) var phase = Phase.starting
    /// How many connections were refused, or ended for what came in, by what was wrong with them.
    package private(set) var refusals: [String: UInt64] = [:]

    init(
        loop: any LoopPort, journal: Journal, policy: PolicyRoom, denials: Denials, limits: SessionLimits
    ) {
        self.loop = loop
        self.journal = journal
        self.policy = policy
        self.denials = denials
        self.limits = limits
        traffic = Traffic(loop: loop, limits: limits)
        incoming = Shares(most: limits.descriptors.incoming, ofOne: limits.descriptors.incomingOfOne)
    }

    package var count: Int { members.count }

    /// Who is there, in the order in which they came.
    var callers: [Caller] { members.values.sorted { $0.number < $1.number } }

    /// How many descriptors are counted as on their way, for calls that are under way and as unread, and on one account.
    package var onTheWay: Int { traffic.total }
    package func onTheWay(of account: Account) -> Int { traffic.count(of: account) }

    // MARK: Coming and going

    /// A connection has been accepted, and its peer is about to be looked at; then it begins, or it ``turnsAway(_:)``.
    /// - Returns: whether there is a place for it. Where not, it is to be closed.
    package func arrives(_ uid: UInt32) -> Bool {
        guard phase == .serving, arrivals.count < mostArrivals, count(of: uid) < limits.connectionsPerUser else {
            return false
        }
        arrivals.arrived(uid)
        return true
    }

    /// Whether one of this uid that can wait would have a place, and a quarter be left to what else the uid connects for.
    package func hasRoom(for uid: UInt32) -> Bool {
        let most = limits.connectionsPerUser - limits.connectionsPerUser / 4
        return phase == .serving && arrivals.count < mostArrivals
            && count(of: uid) + traffic.rests(of: .user(uid)) < most
    }

    private var mostArrivals: Int { max(16, limits.connections / 4) }

    private func count(of uid: UInt32) -> Int { ofUser[.user(uid), default: 0] + arrivals.count(of: uid) }

    /// Whether connections are there whose peers are still being looked at.
    package var hasArrivals: Bool { arrivals.count > 0 }

    /// One that arrived does not begin.
    package func turnsAway(_ uid: UInt32) { arrivals.left(uid) }

    /// Whether the refusal of a connection for which there is no place gets a record of its own; where not, it is counted.
    /// What the record tells of the peer is looked at only then.
    package func recordsRefusal(_ uid: UInt32) -> Bool {
        refusals[Self.tooMany, default: 0] += 1
        return journal.isWorking && denials.admit(Self.tooMany, uid, loop.now())
    }

    /// The record of it, after ``recordsRefusal(_:)``.
    package func refusedForWantOfPlace(_ who: Record.RefusedCaller) {
        guard journal.isWorking else { return }
        journal.append(.identityRefused(who, problem: Self.noPlace))
    }

    private static let tooMany = "connections"
    private static let noPlace = "the limit of connections is reached"

    /// Takes in a connection whose peer is known, where there is a place for it.
    /// - Returns: false where there is none, which is recorded: the connection is to be closed.
    func begin(_ caller: Caller) -> Bool {
        arrivals.left(caller.identity.uid)
        guard phase == .serving else { return false }
        guard makeRoom(for: caller) else {
            refuse(Self.tooMany, Self.noPlace, caller)
            return false
        }
        caller.number = nextNumber
        nextNumber += 1
        caller.lastActiveUSec = loop.bootUSec
        members[caller.number] = caller
        ofUser[caller.identity.account, default: 0] += 1
        traffic.begin(caller)
        return true
    }

    /// A connection has ended.
    func ended(_ caller: Caller) {
        guard members.removeValue(forKey: caller.number) != nil else { return }
        let left = ofUser[caller.identity.account, default: 1] - 1
        ofUser[caller.identity.account] = left == 0 ? nil : left
        traffic.ended(caller)
    }

    /// Whether there is a place. When all are taken, the longest idle one of the account with most goes.
    private func makeRoom(for caller: Caller) -> Bool {
        let account = caller.identity.account
        let own = ofUser[account, default: 0]
        if own + traffic.rests(of: account) >= limits.connectionsPerUser { traffic.look(account) }
        guard own + traffic.rests(of: account) < limits.connectionsPerUser else { return false }
        let isAdmin = policy.decide(.admin, nil, caller.identity, loop.now()).isPermitted
        // Where there are few places, some are for others all the same.
        let kept = min(limits.connectionsForAdmin, limits.connections / 2)
        guard members.count >= (isAdmin ? limits.connections : limits.connections - kept) else { return true }
        guard let most = ofUser.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key,
            let longest = members.values.filter({ $0.identity.account == most && $0.link?.isIdle == true })
                .min(by: { ($0.lastActiveUSec, $0.number) < ($1.lastActiveUSec, $1.number) })
        else { return false }
        longest.link?.end(nil)
        return true
    }

    /// Records that a connection was refused, or ended for what came in over it; beyond a measure it is counted only.
    package func refuse(_ kind: String, _ problem: String, _ caller: Caller) {
        refuse(kind, problem, .peer(caller.peerText), caller.identity.uid)
    }

    /// The same of a connection whose peer could not be identified.
    package func refuse(_ kind: String, _ problem: String, _ who: Record.RefusedCaller, _ uid: UInt32) {
        refusals[kind, default: 0] += 1
        guard journal.isWorking, denials.admit(kind, uid, loop.now()) else { return }
        journal.append(.identityRefused(who, problem: problem))
    }

    // MARK: Reading and writing

    /// Something came in, at this time of the boot clock.
    package func received(_ caller: Caller, at bootUSec: Int64) { caller.lastActiveUSec = bootUSec }

    /// So many descriptors have come in over it with calls that have not been taken up.
    /// - Returns: false where its account has more of them than it may: the connection is to be ended.
    package func hasIncoming(_ count: Int, _ caller: Caller) -> Bool {
        guard count != caller.incoming?.count ?? 0, !caller.isGone else { return true }
        caller.incoming = nil
        guard count > 0 else { return true }
        caller.incoming = incoming.take(count, for: caller.identity.account)
        return caller.incoming != nil
    }

    /// Takes so many descriptors from the caller's share, before they are made; nil where it is used up.
    func charge(_ count: Int, _ caller: Caller) -> Charge? { traffic.charge(count, caller) }

    /// The message of a call went out.
    func passed(_ call: UInt64, _ caller: Caller, at bootUSec: Int64) {
        traffic.passed(call, caller, at: bootUSec)
        caller.lastActiveUSec = bootUSec
    }

    /// It will not go out.
    func withdrawn(_ call: UInt64, _ caller: Caller) { traffic.withdrawn(call, caller) }

    /// Whether the message of a call may go out. Where not, it is looked at again in a moment: no event says that a peer has
    /// read.
    func takesMore(_ call: UInt64, _ charge: Charge?, _ caller: Caller) -> Bool {
        if traffic.admits(call, charge, caller) { return true }
        waits(caller)
        return false
    }

    /// Its next grant cannot go out, and no event will say when it can.
    package func waits(_ caller: Caller) {
        traffic.waits(caller)
        caller.link?.lookAgainLater()
    }

    // MARK: Time

    /// Ends those whose time is over.
    func sweep() {
        let now = loop.bootUSec
        traffic.look()
        // Nobody is read from.
        guard phase != .handingOver else { return }
        for number in members.keys.sorted() {
            guard let member = members[number], let link = member.link else { continue }
            if let since = link.halfMessageSinceUSec, now - since > limits.halfMessageUSec {
                refuse("message", "a message stayed half sent", member)
                link.end(nil)
            } else if traffic.isOverdue(member, limitUSec: limits.undrainedUSec) {
                link.end(.undrained)
            } else if limits.idleUSec > 0, link.isIdle, now - member.lastActiveUSec > limits.idleUSec {
                link.end(nil)
            }
        }
    }

    // MARK: From start to stop

    /// Calls are served from here on.
    /// - Returns: false where it has been stopped meanwhile: nothing is changed.
    @discardableResult
    package func serve() -> Bool {
        guard phase == .starting || phase == .handingOver else { return false }
        phase = .serving
        return true
    }

    /// Until ``serve()`` calls and connections wait.
    /// - Returns: false where nobody is served, as by a broker that is being stopped: nothing is changed.
    package func suspend() -> Bool {
        guard phase == .serving else { return false }
        phase = .handingOver
        return true
    }

    /// No new connection and no new call; who is owed nothing goes.
    /// - Returns: false where that was so before.
    package func leave() -> Bool {
        guard phase == .serving || phase == .starting || phase == .handingOver else { return false }
        phase = .leaving
        for number in members.keys.sorted() {
            guard let link = members[number]?.link else { continue }
            if link.isIdle { link.end(nil) } else { link.takeNoMore() }
        }
        return true
    }

    /// Whoever is still there has had the time that there was.
    package func endAll() {
        waitsForArrivals = false
        for number in members.keys.sorted() { members[number]?.link?.end(nil) }
    }

    /// Begins to close as soon as nobody is owed anything any more, nobody is being looked at, and nothing is at the disk.
    /// - Returns: whether it does now.
    package func closeIfLeft() -> Bool {
        guard phase == .leaving, members.isEmpty, !hasArrivals || !waitsForArrivals, !journal.isCommitting else {
            return false
        }
        phase = .closing
        return true
    }

    package func stopped() { phase = .stopped }

    /// Nobody is served any more, and nothing new is begun.
    package var isOver: Bool { phase == .closing || phase == .stopped }
}

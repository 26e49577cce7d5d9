// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// What goes out over one connection.
final class Outgoing {
    /// Of the connection, its caller's.
    fileprivate let number: UInt64
    fileprivate let account: Account
    private weak var link: (any CallerPort)?
    /// For each message that was sent since the client was last seen to have read all of them.
    fileprivate var unread: [Charge] = []
    /// Of messages of which it was said that they may go out, with their calls. In one flush several go, no more than may lie
    /// unread and one, and what came of them is told after it.
    fileprivate var underWay: [(call: UInt64, charge: Charge)] = []
    /// Since when the first of them lies unread (boot clock).
    fileprivate var unreadSinceUSec: Int64?
    /// Since when a grant waits for the client to read, or for the kernel to take more (boot clock).
    fileprivate var waitingSinceUSec: Int64?
    /// Since the connection has ended: what is left of it.
    fileprivate var rest: (any UnreadPort)?

    fileprivate init(_ caller: Caller) {
        number = caller.number
        account = caller.identity.account
        link = caller.link
    }

    fileprivate func hasReadAll() -> Bool { rest.map { $0.hasReadAll() } ?? (link?.hasReadAll() == true) }

    /// What is under way for a call, which then is not any more.
    fileprivate func take(_ call: UInt64) -> Charge? {
        underWay.firstIndex { $0.call == call }.map { underWay.remove(at: $0).charge }
    }
}

/// Descriptors on their way to clients, on whose account they are, and how long each client leaves them unread.
///
/// To the kernel a descriptor that lies unread is the sender's: beyond `RLIMIT_NOFILE` of them nobody is sent any
/// (`ETOOMANYREFS`), and nothing but the receiver's reading or closing takes them back. So they are counted from before they
/// are made until they are seen to be read, also where the connection has been ended meanwhile.
final class Traffic {
    /// So many messages with descriptors may lie unread with a client before it is asked whether it reads at all.
    private static let mostUnread = 4

    private let loop: any LoopPort
    private let shares: Shares
    /// So many connections of one account may have ended with descriptors unread; and of all together.
    private let mostRestsOfOne: Int
    private let mostRests: Int
    /// Those that have ended and left something unread.
    private var rests: [UInt64: Outgoing] = [:]
    private var restsOf: [Account: Int] = [:]
    /// All of either that may have something unread.
    private var unreadOf: [Account: [UInt64: Outgoing]] = [:]

    init(loop: any LoopPort, limits: SessionLimits) {
        self.loop = loop
        shares = Shares(most: limits.descriptors.onTheWay, ofOne: limits.descriptors.onTheWayOfOne)
        mostRestsOfOne = max(1, limits.connectionsPerUser / 4)
        mostRests = limits.connections
    }

    /// How many are counted, of all and of one.
    var total: Int { shares.total }
    func count(of account: Account) -> Int { shares[account] }

    /// How many connections of an account have ended and left descriptors unread, as far as is known.
    func rests(of account: Account) -> Int { restsOf[account, default: 0] }

    // MARK: Before they are made

    /// Takes so many from the caller's share, for one call.
    /// - Returns: nil: it has used up its share, or left too many connections with descriptors unread.
    func charge(_ count: Int, _ caller: Caller) -> Charge? {
        let account = caller.identity.account
        if let charge = tryCharge(count, account) { return charge }
        look(account)
        return tryCharge(count, account)
    }

    private func tryCharge(_ count: Int, _ account: Account) -> Charge? {
        let own = rests(of: account)
        guard own < mostRestsOfOne, own == 0 || rests.count < mostRests else { return nil }
        return shares.take(count, for: account)
    }

    // MARK: Sending

    func begin(_ caller: Caller) { caller.outgoing = Outgoing(caller) }

    /// Whether the message of this call may go out.
    func admits(_ call: UInt64, _ charge: Charge?, _ caller: Caller) -> Bool {
        guard let out = caller.outgoing else { return false }
        let others = out.unread.count + out.underWay.count { $0.call != call }
        if others >= Self.mostUnread, !isPlanted(.undrainedNotAsked) {
            guard out.hasReadAll() else { return false }
            clear(out)
        }
        _ = out.take(call)
        if let charge { out.underWay.append((call, charge)) }
        return true
    }

    /// It went out.
    func passed(_ call: UInt64, _ caller: Caller, at bootUSec: Int64) {
        guard let out = caller.outgoing else { return }
        out.waitingSinceUSec = nil
        // Where it is not there any more, it was seen to be read before it was told that it went.
        guard let charge = out.take(call), !isPlanted(.sentNotCounted) else { return }
        out.unread.append(charge)
        guard out.unreadSinceUSec == nil else { return }
        out.unreadSinceUSec = bootUSec
        unreadOf[out.account, default: [:]][out.number] = out
    }

    /// It will not go out.
    func withdrawn(_ call: UInt64, _ caller: Caller) { _ = caller.outgoing?.take(call) }

    /// The caller's next grant waits.
    func waits(_ caller: Caller) {
        guard let out = caller.outgoing, out.waitingSinceUSec == nil else { return }
        out.waitingSinceUSec = loop.bootUSec
    }

    // MARK: Reading

    private func clear(_ out: Outgoing) {
        if isPlanted(.chargeNotGivenBack) { return }
        out.unread.removeAll(keepingCapacity: true)
        out.underWay.removeAll(keepingCapacity: true)
        out.unreadSinceUSec = nil
        out.waitingSinceUSec = nil
        unreadOf[out.account]?[out.number] = nil
        if unreadOf[out.account]?.isEmpty == true { unreadOf[out.account] = nil }
        guard out.rest != nil, rests.removeValue(forKey: out.number) != nil else { return }
        let left = restsOf[out.account, default: 1] - 1
        restsOf[out.account] = left == 0 ? nil : left
    }

    /// Looks what was read on the connections of an account.
    func look(_ account: Account) {
        for out in unreadOf[account, default: [:]].values where out.hasReadAll() { clear(out) }
    }

    /// Looks what was read by anybody.
    func look() { for account in unreadOf.keys { look(account) } }

    /// Whether a client has left descriptors unread, or kept a grant waiting, for longer than that.
    func isOverdue(_ caller: Caller, limitUSec: Int64) -> Bool {
        guard let out = caller.outgoing else { return false }
        let now = loop.bootUSec
        return [out.unreadSinceUSec, out.waitingSinceUSec].contains { $0.map { now - $0 > limitUSec } ?? false }
    }

    // MARK: The end

    /// A connection has ended. What lies unread on it stays counted until it is read, or its other end is closed.
    func ended(_ caller: Caller) {
        guard let out = caller.outgoing else { return }
        caller.outgoing = nil
        // Of these it is not known whether they went out.
        out.unread += out.underWay.map(\.charge)
        out.underWay = []
        guard !out.unread.isEmpty, !out.hasReadAll(), !isPlanted(.unreadForgottenAtEnd),
            let rest = caller.link?.linger()
        else { return clear(out) }
        out.rest = rest
        rests[out.number] = out
        restsOf[out.account, default: 0] += 1
        unreadOf[out.account, default: [:]][out.number] = out
    }
}

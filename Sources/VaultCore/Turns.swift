// SPDX-License-Identifier: Apache-2.0

/// Something that waits until it is the turn of its uid: a connection with calls that have come in, or one that has just
/// connected.
package protocol TurnTaker: AnyObject {
    /// It is its turn: what it waited with goes on, until it is told to wait again.
    func turnHasCome()
}

/// Whose calls are taken up now, and who waits until others have had their turns.
///
/// In one turn of the loop a uid gets a millisecond or 64 calls, on however many connections it has them; then it is the turn
/// of the next uid. What is only asked is charged to the uid besides, before it is done (``WorkPace``). Whoever is over its
/// share waits, and is not read from meanwhile; nothing is answered with an error for it. A grant that goes its way costs
/// nothing here: it is bounded by its records, and by the descriptors that the uid waits for.
package final class Turns {
    /// What a uid gets in one turn of the loop.
    package static let usecPerTurn: Int64 = 1_000
    package static let callsPerTurn = 64
    /// With so many descriptors still to come for a uid, no further call of it is taken up.
    package static let mostAwaited = 256
    /// With more bytes of replies that a uid has not read, on all its connections, each connection gets its next reply when
    /// it has read the one before.
    package static let mostUnreadBytes = 8 << 20
    /// How long it takes until those are looked at again whose budget is used up, in microseconds.
    package static let pauseUSec: Int64 = 5_000

    private struct Taken {
        var usec: Int64 = 0
        var calls = 0

        mutating func add(_ usec: Int64, calls: Int) {
            self.usec += usec
            self.calls += calls
        }
    }

    private let loop: any LoopPort
    private let grants: Grants
    private var pace = WorkPace()
    /// What each uid has had in this turn of the loop.
    private var taken: [UInt32: Taken] = [:]
    private var waiting = FairQueue<UInt32, any TurnTaker>()
    /// Bytes of replies that each uid has not read.
    private var unread: [UInt32: Int] = [:]

    init(loop: any LoopPort, grants: Grants) {
        self.loop = loop
        self.grants = grants
    }

    // MARK: Whose turn it is

    /// Whether something may be taken up for the uid now. Others of the same uid that have waited for longer come first.
    /// - Parameters:
    ///   - isItsTurn: it has waited, and ``next()`` has named it.
    ///   - bootUSec: the boot clock, where it has just been read.
    package func mayTake(_ uid: UInt32, isItsTurn: Bool = false, at bootUSec: Int64? = nil) -> Bool {
        guard isItsTurn || waiting.count(of: uid) == 0 else { return false }
        return hasTime(uid) && hasBudget(uid, at: bootUSec)
    }

    private func hasTime(_ uid: UInt32) -> Bool {
        guard let taken = taken[uid] else { return true }
        return taken.usec < Self.usecPerTurn && taken.calls < Self.callsPerTurn
    }

    /// Whether the uid has used less than its share, and waits for few enough descriptors.
    package func hasBudget(_ uid: UInt32, at bootUSec: Int64? = nil) -> Bool {
        grants.awaited(by: uid) < Self.mostAwaited && pace.mayWork(uid, bootUSec: bootUSec ?? loop.bootUSec)
    }

    /// Has it wait for its turn.
    package func wait(_ taker: any TurnTaker, of uid: UInt32) { waiting.append(taker, of: uid) }

    /// Whose turn it is of those who wait; nil when the others have to wait for the next turn of the loop, or for longer.
    package func next() -> (any TurnTaker)? {
        guard !waiting.isEmpty else { return nil }
        return waiting.popNext { hasTime($0) && hasBudget($0) }?.element
    }

    /// When to ask ``next()`` again, at the end of a turn of the loop: in so many microseconds; nil: nobody waits.
    package func turnEnded() -> Int64? {
        taken.removeAll(keepingCapacity: true)
        guard !waiting.isEmpty else { return nil }
        return waiting.owners.contains { hasBudget($0) } ? 0 : Self.pauseUSec
    }

    // MARK: What is taken

    /// Charges what is about to be done for the uid, whichever thread does it.
    package func charge(_ usec: Int64, _ uid: UInt32) {
        if usec > 0 { pace.charge(usec, uid, bootUSec: loop.bootUSec) }
    }

    /// What it was charged for is paid by a record.
    package func giveBack(_ usec: Int64, _ uid: UInt32) { pace.giveBack(usec, uid, bootUSec: loop.bootUSec) }

    /// So long it took on the loop, of the uid's turn.
    package func took(_ usec: Int64, calls: Int, _ uid: UInt32) {
        taken[uid, default: Taken()].add(usec, calls: calls)
    }

    // MARK: What is not read

    /// How many bytes of replies a connection has that its other end has not read.
    package func hasUnread(_ bytes: Int, _ caller: Caller) {
        guard bytes != caller.unreadBytes else { return }
        let uid = caller.identity.uid
        let all = unread[uid, default: 0] + bytes - caller.unreadBytes
        caller.unreadBytes = bytes
        unread[uid] = all > 0 ? all : nil
    }

    /// With how many unread bytes a connection of the uid may still have calls taken up.
    package func unreadLimit(_ uid: UInt32) -> Int { unread[uid, default: 0] > Self.mostUnreadBytes ? 0 : 1 << 20 }
}

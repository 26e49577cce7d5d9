// SPDX-License-Identifier: Apache-2.0

import VaultCore

/// Queries that wait for new records.
extension Broker {
    /// A query that has answered with everything there is, and waits for more.
    struct Follower {
        let session: Session
        let continuation: CheckedContinuation<Void, Never>
        /// It wants to hear of nothing but what becomes of names, behind so many records.
        var eventsBehind: UInt64?
    }

    /// Waits until the log has more records, or nobody wants to hear of them any more.
    func growth(beyond size: UInt64, _ session: Session) async {
        guard journal.committed <= size, !session.isClosed, phase == .serving else { return }
        await withCheckedContinuation { followers.append(Follower(session: session, continuation: $0)) }
    }

    /// Waits until the log tells more of what becomes of names, or nobody wants to hear of it any more.
    func events(beyond size: UInt64, _ session: Session) async {
        guard min(journal.committed, journal.newestEvent) <= size, !session.isClosed, phase == .serving else { return }
        await withCheckedContinuation {
            followers.append(Follower(session: session, continuation: $0, eventsBehind: size))
        }
    }

    /// Wakes those who follow: after each commit, and at the stop.
    func wakeFollowers() {
        guard !followers.isEmpty else { return }
        let events = phase == .serving ? min(journal.committed, journal.newestEvent) : .max
        let woken = followers.filter { $0.eventsBehind.map { $0 < events } ?? true }
        guard !woken.isEmpty else { return }
        followers.removeAll { $0.eventsBehind.map { $0 < events } ?? true }
        for follower in woken { follower.continuation.resume() }
    }

    /// Ends the waiting of one whose connection has ended.
    func wakeFollower(of session: Session) {
        let own = followers.filter { $0.session === session }
        guard !own.isEmpty else { return }
        followers.removeAll { $0.session === session }
        for follower in own { follower.continuation.resume() }
    }
}

// SPDX-License-Identifier: Apache-2.0

import VaultCore

/// Queries that wait for new records.
extension Broker {
    /// A query that has answered with everything there is, and waits for more.
    struct Follower {
        let session: Session
        let continuation: CheckedContinuation<Void, Never>
    }

    /// Waits until the log has more records, or nobody wants to hear of them any more.
    func growth(beyond size: UInt64, _ session: Session) async {
        guard journal.committed <= size, !session.isClosed, phase == .serving else { return }
        await withCheckedContinuation { followers.append(Follower(session: session, continuation: $0)) }
    }

    /// Wakes those who follow: after each commit, and at the stop.
    func wakeFollowers() {
        guard !followers.isEmpty else { return }
        let woken = followers
        followers = []
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

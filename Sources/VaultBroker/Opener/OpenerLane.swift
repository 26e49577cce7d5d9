// SPDX-License-Identifier: Apache-2.0

import VaultCore

/// On whose account the opener works, and whether it is still wanted when its turn comes.
struct OpenerAccount {
    /// nil: the broker's own.
    let uid: UInt32?
    private let wanted: () -> Bool

    /// What the broker opens for everybody: what is held, and what is held again.
    static var broker: OpenerAccount { OpenerAccount(uid: nil) }

    /// What others may wait for too.
    /// - Parameter isWanted: asked when its turn comes.
    init(uid: UInt32?, isWanted: @escaping () -> Bool = { true }) {
        self.uid = uid
        wanted = isWanted
    }

    /// What only this caller waits for: once it is gone it is not done any more.
    init(_ caller: Caller) { self.init(uid: caller.identity.uid) { !caller.isGone } }

    var isWanted: Bool { wanted() }
}

/// Requests on their way to the opener: so many at once, fewer of one uid, and the others wait here for their uid's turn.
///
/// Lives on the broker's loop.
final class OpenerLane {
    private struct Request {
        let account: OpenerAccount
        let begin: () -> Void
        /// Answers it without asking: nobody wants it any more.
        let drop: () -> Void
    }

    private let atOnce: Int
    private let ofUser: Int
    private(set) var underWay = 0
    private var underWayOf: [UInt32?: Int] = [:]
    private var waiting = FairQueue<UInt32?, Request>()
    private var isBeginning = false

    var waitingCount: Int { waiting.count }

    /// - Parameter ofUser: so many of one uid at once; the broker's own take what there is, but for as many places.
    init(atOnce: Int, ofUser: Int) {
        self.atOnce = atOnce
        self.ofUser = ofUser
    }

    /// - Parameter begin: asks; ``left(_:)`` is to be called when that is answered.
    func enter(_ account: OpenerAccount, begin: @escaping () -> Void, drop: @escaping () -> Void) {
        waiting.append(Request(account: account, begin: begin, drop: drop), of: account.uid)
        beginNext()
    }

    func left(_ account: OpenerAccount) {
        underWay -= 1
        underWayOf[account.uid] = underWayOf[account.uid].flatMap { $0 > 1 ? $0 - 1 : nil }
        beginNext()
    }

    private func beginNext() {
        // What is answered while it is begun comes back here.
        guard !isBeginning else { return }
        isBeginning = true
        defer { isBeginning = false }
        while let (_, request) = waiting.popNext(where: hasPlace) {
            guard request.account.isWanted else {
                request.drop()
                continue
            }
            underWay += 1
            underWayOf[request.account.uid, default: 0] += 1
            request.begin()
        }
    }

    /// The last places are for those who have none.
    private func hasPlace(_ uid: UInt32?) -> Bool {
        guard underWay < atOnce else { return false }
        let own = underWayOf[uid, default: 0]
        if own == 0 { return true }
        return underWay < atOnce - ofUser && (uid == nil || own < ofUser)
    }
}

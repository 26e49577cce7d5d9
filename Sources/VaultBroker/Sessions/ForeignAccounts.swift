// SPDX-License-Identifier: Apache-2.0

import Descriptors
import VaultModel

/// On whose account what clients passed is, until it is closed.
struct ForeignAccounts {
    /// With so many descriptors still to be closed nothing more is received from there.
    static let mostUnclosed = 1_024
    /// How long that lasts until it is looked at again, in microseconds.
    static let pauseUSec: Int64 = 20_000

    private struct Entry {
        weak var account: ForeignAccount?
    }

    /// Those that have connections, or something left to be closed.
    private var entries: [Account: Entry] = [:]
    private var tidiedCount = 64

    /// The one of whoever is on this account, which is kept by who holds it.
    mutating func of(_ account: Account) -> ForeignAccount {
        if let known = entries[account]?.account { return known }
        let new = ForeignAccount()
        entries[account] = Entry(account: new)
        if entries.count > 2 * tidiedCount {
            entries = entries.filter { $0.value.account != nil }
            tidiedCount = max(64, entries.count)
        }
        return new
    }
}

/// What was passed and hangs at its end keeps numbers of this process in use: who has much of that is not read from.
extension Broker {
    /// Whether nothing is to be read from the connection, because of what its account has left to be closed. If so, it is
    /// looked at again.
    func isHeldBack(_ session: Session) -> Bool {
        guard ForeignDescriptors.count >= ForeignAccounts.mostUnclosed,
            let account = session.connection.foreignAccount, account.count >= ForeignAccounts.mostUnclosed
        else { return false }
        guard !session.isHeldBack else { return true }
        session.isHeldBack = true
        say(
            .warning, "nothing is read from this user: descriptors that it passed before hang at their end",
            metadata: ["uid": "\(session.identity.uid)"], of: session.identity.uid)
        setInterest(session)
        let number = session.number
        _ = loop.timer(after: .microseconds(ForeignAccounts.pauseUSec)) { [weak self] in
            self?.assumeIsolated { broker in
                guard let session = broker.sessions[number] else { return }
                session.isHeldBack = false
                broker.setInterest(session)
            }
        }
        return true
    }
}

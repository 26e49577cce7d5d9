// SPDX-License-Identifier: Apache-2.0

import VaultCore

/// What clients say of what has arrived: the truth, at once or later or never, and what is not true.
extension World {
    /// The client knows now which records its reply names.
    func noteGrants(_ call: OpenCall, _ session: Session) {
        session.granted += call.items.compactMap(\.record)
        guard choices.isOne(in: 2) else { return }
        later("connection \(session.number) says what has arrived") { [self] in tellReceipts(over: session) }
    }

    func tellReceipts() {
        guard administration.isServing, !sessions.isEmpty else { return deliver() }
        tellReceipts(over: choices.pick(of: sessions))
    }

    private func tellReceipts(over session: Session) {
        guard let core, let caller = session.caller, !session.isClosed else { return }
        var arrived: [UInt64] = []
        var missing: [UInt64] = []
        // What it has said before among them.
        for record in session.granted.suffix(8) {
            switch choices.pick(6) {
            case 0...3: arrived.append(record)
            case 4: missing.append(record)
            default: break
            }
        }
        if choices.isOne(in: 3) {
            let lie = UInt64(choices.pick(Int(ledger.size) + 2))
            if choices.isOne(in: 3) { missing.append(lie) } else { arrived.insert(lie, at: 0) }
        }
        say("connection \(session.number) has \(arrived), and misses \(missing)")
        checker.claims(arrived, missing: missing, session)
        _ = core.received(arrived, missing: missing, caller)
    }
}

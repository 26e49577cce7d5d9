// SPDX-License-Identifier: Apache-2.0

import Records

/// What was deposited and went, and why, for as long as it is not known to have left the ledger's table: the log is owed a record
/// of it.
final class DepositEnds {
    private let journal: Journal
    private var over: [String: DepositEnd] = [:]

    init(_ journal: Journal) { self.journal = journal }

    subscript(id: String) -> DepositEnd? { over[id] }

    /// It has gone, and a record that is being made may tell so.
    func note(_ id: String, _ why: DepositEnd) { over[id] = why }

    /// The log tells of it.
    func forget(_ id: String) { over[id] = nil }

    /// The ledger has these, and no others.
    func keep(_ known: Set<String>) { over = over.filter { known.contains($0.key) } }

    /// Has it recorded that one has gone: now, or when the log is opened again.
    func record(_ end: Record.DepositEnd, _ why: DepositEnd) {
        let id = end.deposit.id
        over[id] = why
        guard journal.isWorking else { return }
        let waiter = Journal.Waiter.then { [self] in if $0 == .committed { over[id] = nil } }
        journal.append(.remove(end), changes: [.depositRemoved(id: id)], waiter: waiter)
    }
}

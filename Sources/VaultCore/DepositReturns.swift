// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// A deposit of an earlier run that the service manager kept, or the daemon before this one handed over, until that is recorded.
final class ReturningDeposit {
    let stored: StoredDeposit
    let name: CapabilityName
    let judged: JudgedDeposit
    let charge: Charge

    init(_ stored: StoredDeposit, _ name: CapabilityName, _ judged: JudgedDeposit, _ charge: Charge) {
        self.stored = stored
        self.name = name
        self.judged = judged
        self.charge = charge
    }
}

/// What an earlier run held and comes back: until its record is durable nobody can have it.
final class DepositReturns {
    private let journal: Journal
    private var returning: [String: ReturningDeposit] = [:]
    /// Those of them whose records are not made yet, the last first.
    private var unrecorded: [ReturningDeposit] = []
    /// Names under which something was kept that is deposited no more, until that is recorded.
    private var strays: Set<String> = []
    private var waiting: [() -> Void] = []

    /// How many records are made at a time: those of thousands at once would leave a memory full of holes.
    static let atATime = 64

    init(_ journal: Journal) { self.journal = journal }

    var all: [ReturningDeposit] { Array(returning.values) }

    subscript(id: String) -> ReturningDeposit? { returning[id] }

    func insert(_ back: ReturningDeposit) { returning[back.stored.id] = back }

    /// - Returns: whether it was among them.
    @discardableResult
    func remove(_ back: ReturningDeposit) -> Bool { returning.removeValue(forKey: back.stored.id) != nil }

    /// Records that these are held again, some at a time, and says of each when that is durable. Where the log fails, they are
    /// taken up again with the log.
    func record(_ those: [ReturningDeposit], _ restored: @escaping (ReturningDeposit) -> Void) {
        unrecorded = those.reversed()
        recordNext(restored)
    }

    private func recordNext(_ restored: @escaping (ReturningDeposit) -> Void) {
        for number in 1...Self.atATime {
            guard let back = unrecorded.popLast() else { return }
            if isPlanted(.returnedBeforeRecord) { restored(back) }
            journal.append(
                .restore(.init(back.stored, withRights: true), isKept: true),
                waiter: .then { [self] outcome in
                    guard outcome == .committed else { return answer() }
                    restored(back)
                    if number == Self.atATime { recordNext(restored) }
                    if returning.isEmpty { answer() }
                })
        }
    }

    /// Records what was kept under these names, and is deposited no more.
    func recordStrays(_ names: some Sequence<String>) {
        strays.formUnion(names)
        for name in strays.sorted() {
            journal.append(
                .restore(.undeclared(name), isKept: false),
                waiter: .then { [self] in if $0 == .committed { strays.remove(name) } })
        }
    }

    /// Calls back when all of them are held again, or the log cannot say so.
    func whenDone(_ done: @escaping () -> Void) {
        if returning.isEmpty || !journal.isWorking { return done() }
        waiting.append(done)
    }

    private func answer() {
        let answered = waiting
        waiting = []
        for done in answered { done() }
    }
}

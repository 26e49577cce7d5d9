// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultModel
import VaultPolicy

@testable import VaultCore

@Suite("What clients passed in, after a start")
struct DepositRestartTests {
    private static let second: Int64 = 1_000_000

    private static func stored(
        _ id: String = "old-1", name: String = "d", bootID: String = Stage.bootID, expiresAfterUSec: Int64? = nil,
        inode: UInt64? = nil
    ) -> StoredDeposit {
        let expires = expiresAfterUSec.map { Int64(5_000_000_000) + $0 }
        return StoredDeposit(
            id: id, record: 0, name: name, rights: ["read"], type: "pipe", flags: 0o4000, inode: inode, uid: 1_000,
            rule: "r", bootID: bootID, depositedUSec: 7, expiresBootUSec: expires,
            expiresUSec: expires.map { $0 + 1_700_000_000_000_000 })
    }

    private static func judged(
        type: String = "pipe", rights: Rights = .read, flags: Int32 = 0, inode: UInt64? = nil
    ) -> JudgedDeposit {
        JudgedDeposit(holding: TestHolding(), type: type, rights: rights, flags: flags, inode: inode)
    }

    /// A core with these in its ledger, before the end of its start.
    private func stage(
        _ stored: [StoredDeposit], _ kept: [String: Result<JudgedDeposit, InvalidDeposit>],
        rules: [Rule] = [Stage.permit()], limits: DepositLimits = .init(inAll: 100, perUser: 100)
    ) -> Stage {
        var restored = Stage.restored(size: 1)
        restored.deposits = stored
        let stage = Stage(rules: rules, restored: restored, depositLimits: limits)
        stage.keptOver = kept
        for id in kept.keys { stage.keptDeposits.insert(id) }
        return stage
    }

    private func held(_ stage: Stage, _ name: String = "d") -> Deposit? {
        stage.core.holdings[Stage.name(name)]?.deposit
    }

    @Test("one that was kept can be had when its record is durable, and not before")
    func recordedFirst() {
        let stage = stage([Self.stored()], ["old-1": .success(Self.judged())])
        stage.core.endWhatIsOver()
        #expect(held(stage) == nil)
        #expect(stage.open(TestCaller(), ["d"]).refusals == [.notFound(name: "d")])
        stage.endTurn()
        #expect(held(stage) == nil)
        stage.commitAll()
        let deposit = held(stage)
        #expect(deposit?.id == "old-1" && deposit?.uid == 1_000 && deposit?.depositedUSec == 7)
        let text = stage.texts("restore")[0]
        #expect(text.contains(#""deposit":{"id":"old-1","type":"pipe"},"deposited":0,"outcome":"kept""#), "\(text)")
        #expect(stage.texts("remove").isEmpty && stage.keptDeposits == ["old-1"])
        #expect(granted(stage, TestCaller(uid: 2), ["d"]).items[0].acquired != nil)
    }

    @Test(
        "what contradicts is closed, given up, and recorded as lost",
        arguments: ["type", "access", "rights", "inode", "boot", "several"])
    func another(_ what: String) {
        let stored = Self.stored(bootID: what == "boot" ? "former" : Stage.bootID, inode: 7)
        let found: Result<JudgedDeposit, InvalidDeposit> =
            switch what {
            case "type": .success(Self.judged(type: "unix-stream", inode: 7))
            case "access": .success(Self.judged(flags: 2, inode: 7))
            case "rights": .success(Self.judged(rights: .append, inode: 7))
            case "inode": .success(Self.judged(inode: 8))
            case "boot": .success(Self.judged(inode: 7))
            default: .failure(InvalidDeposit("there are 2 of them"))
            }
        let stage = stage([stored], ["old-1": found])
        stage.core.endWhatIsOver()
        stage.commitAll()
        #expect(held(stage) == nil && stage.keptDeposits.isEmpty)
        #expect(stage.texts("restore")[0].contains(#""outcome":"closed""#))
        #expect(stage.texts("remove")[0].contains(#""why":"lost""#))
        #expect(stage.changes.contains(.depositRemoved(id: "old-1")))
    }

    @Test("what the ledger does not know is closed, on record")
    func unknown() {
        let stage = stage([], ["stray-1": .success(Self.judged())])
        stage.core.endWhatIsOver()
        stage.commitAll()
        #expect(stage.texts("restore")[0].contains(#""stored":"stray-1","outcome":"closed""#))
    }

    @Test("it goes when its time comes, and does not come back behind it")
    func expiry() {
        let stage = stage([Self.stored(expiresAfterUSec: Self.second)], ["old-1": .success(Self.judged())])
        stage.core.endWhatIsOver()
        stage.commitAll()
        #expect(held(stage) != nil)
        stage.pass(Self.second)
        stage.fire()
        stage.commitAll()
        #expect(held(stage) == nil && stage.texts("remove")[0].contains(#""why":"time""#))

        let late = self.stage([Self.stored(expiresAfterUSec: -1)], ["old-1": .success(Self.judged())])
        late.core.endWhatIsOver()
        late.commitAll()
        #expect(held(late) == nil && late.keptDeposits.isEmpty)
        #expect(late.texts("remove")[0].contains(#""why":"time""#))
    }

    @Test("one that is held until its other end hangs up goes with that, also after a start")
    func endsWithHangUp() {
        var stored = Self.stored()
        stored.endsWithHangUp = true
        let stage = stage([stored], ["old-1": .success(Self.judged())])
        stage.core.endWhatIsOver()
        stage.commitAll()
        #expect(held(stage) != nil && stage.core.hungUp("old-1") != nil)
        #expect(held(stage) == nil && stage.keptDeposits.isEmpty)
        stage.commitAll()
        #expect(stage.texts("remove")[0].contains(#""why":"hung-up""#))
        #expect(stage.core.hungUp("old-1") == nil)
    }

    @Test("one whose name the policy declares by now goes")
    func declared() {
        let stage = stage([Self.stored(name: "a")], ["old-1": .success(Self.judged())])
        stage.core.endWhatIsOver()
        stage.commitAll()
        #expect(held(stage, "a") == nil && stage.keptDeposits.isEmpty)
        #expect(stage.texts("remove")[0].contains(#""why":"declared""#))
    }

    @Test("it counts for its rule and its user, also where these have less room by now")
    func accounts() {
        let stored = [Self.stored(), Self.stored("old-2", name: "e")]
        let found = Result<JudgedDeposit, InvalidDeposit>.success(Self.judged())
        let kept = ["old-1": found, "old-2": found]
        let stage = stage(stored, kept, limits: DepositLimits(inAll: 100, perUser: 1))
        stage.core.endWhatIsOver()
        stage.commitAll()
        #expect(held(stage) != nil && held(stage, "e") != nil)
        #expect(stage.core.counters.deposits(rule: "r", principal: nil) == 2)
        #expect(put(stage, "f") == .quotaExceeded(limit: "deposits-per-uid"))
    }

    private func put(_ stage: Stage, _ name: String) -> Refusal? {
        let caller = TestCaller()
        stage.begin(caller)
        var refusal: Refusal?
        let request = DepositRequest(name: Stage.name(name), descriptor: TestDescriptor())
        stage.core.deposit([request], caller.caller) { if case .failure(let why) = $0 { refusal = why } }
        return refusal
    }

    @Test("its name is not free while it is being recorded")
    func pending() {
        let stage = stage([Self.stored()], ["old-1": .success(Self.judged())])
        stage.core.endWhatIsOver()
        #expect(put(stage, "d") == .busy)
        stage.commitAll()
        #expect(put(stage, "d") == .nameTaken(name: "d"))
    }

    @Test("where its record comes to nothing it comes back with the log")
    func voided() {
        let stage = stage([Self.stored()], ["old-1": .success(Self.judged())])
        stage.core.endWhatIsOver()
        stage.endTurn()
        stage.failCommit()
        #expect(held(stage) == nil && stage.keptDeposits == ["old-1"])
        var restored = Stage.restored(size: 1)
        restored.deposits = [Self.stored()]
        stage.reopen(restored)
        stage.commitAll()
        #expect(held(stage) != nil && stage.texts("remove").isEmpty)
        #expect(stage.core.counters.deposits(rule: "r", principal: nil) == 1)
        #expect(put(stage, "d") == .nameTaken(name: "d"))
    }

    @Test("one that came back with the log is not given up at the end of the start")
    func openedDuringStart() {
        let stage = stage([Self.stored()], ["old-1": .success(Self.judged())])
        _ = stage.open(TestCaller())
        stage.endTurn()
        stage.failCommit()
        var restored = Stage.restored(size: 1)
        restored.deposits = [Self.stored()]
        stage.reopen(restored)
        stage.core.endWhatIsOver()
        stage.commitAll()
        #expect(held(stage) != nil && stage.texts("remove").isEmpty && stage.texts("restore").count == 1)
    }

    @Test("one that the ledger turns out not to have is given up")
    func goneMeanwhile() {
        let stage = stage([Self.stored()], ["old-1": .success(Self.judged())])
        stage.core.endWhatIsOver()
        stage.endTurn()
        stage.failCommit()
        stage.reopen(Stage.restored(size: 1))
        stage.commitAll()
        #expect(held(stage) == nil && stage.keptDeposits.isEmpty)
        #expect(put(stage, "d") == nil)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Records
import SystemPackage
import VaultModel
import VaultPolicy

@testable import VaultCore

final class TestDescriptor: PassableDescriptor {}

final class TestHolding: Holding {
    let descriptor: any PassableDescriptor = TestDescriptor()
}

/// A core whose outside a test plays by hand: nothing is committed, opened or fired until the test says so.
final class Stage {
    struct Asked {
        enum Kind { case descriptor, holding, pair }
        let kind: Kind
        let name: String
        let rights: Rights
        let ticket: Ticket
    }

    static let bootID = "boot"
    static let problem = OpenProblem(.noSuchFileOrDirectory, name: "ENOENT")

    var moment = Moment(wallUSec: 1_700_000_000_000_000, bootUSec: 5_000_000_000)
    private var made: BrokerCore?
    /// What is at the disk.
    private(set) var batch: Batch?
    private(set) var committed: [Batch] = []
    private var size: UInt64
    private(set) var settledCount = 0
    private var isCommitDue = false
    private var areAnswersDue = false
    private(set) var timers: [(id: TimerID, bootUSec: Int64, event: TimerEvent)] = []
    private var nextTimer: UInt64 = 0

    /// The opener answers when ``answer(_:)`` is called.
    var opensLater = false
    var openFails = false
    var checkFails = false
    var mostAhead = 0
    var hasTime = true
    /// Nobody has the other end of any pipe's end that is kept.
    var isEveryEndAbandoned = false
    private(set) var asked: [Asked] = []
    /// The calls whose content is to be read.
    private(set) var reading: [OpenCall] = []
    private(set) var gaveUp: [String] = []
    private(set) var kept: [String] = []
    /// The entries that were new with the policy that was put in force last.
    private(set) var added: [CapabilityEntry] = []
    /// What is to be built, and what is to be kept in `STATE/revoked`, when the test says so.
    var building: [(stored: StoredPolicy, added: [StoredCapability], done: (BuiltPolicy) -> Void)] = []
    var keeping: [(rules: RevokedRules, done: (UInt64?) -> Void)] = []
    private var keptRevocations: UInt64 = 0
    private(set) var forgotten: UInt64 = 0
    private(set) var cutHoldings = 0

    /// How the descriptors of deposits are judged, and what is held of them by their ids.
    var judged: Result<JudgedDeposit, InvalidDeposit>?
    var keptDeposits: Set<String> = []
    var keptOver: [String: Result<JudgedDeposit, InvalidDeposit>] = [:]

    var canWatch = true
    var watched: Set<HolderKey> = []
    var ended: Set<HolderKey> = []

    init(
        rules: [Rule] = [Stage.permit()], capabilities: [Capability] = [Stage.file()],
        restored: RestoredState = Stage.restored(), recordsPerUser: Int = 1_000,
        limits: LeaseLimits = LeaseLimits(leasesPerUser: 10, holders: 10, holdersPerUser: 10),
        sessionLimits: SessionLimits = SessionLimits(), depositLimits: DepositLimits = .init(inAll: 100, perUser: 100)
    ) {
        size = restored.size
        made = BrokerCore(
            BrokerCore.Ports(loop: self, ledger: self, opener: self, holders: self, policy: self, deposits: self),
            restored: restored,
            bootID: Self.bootID, hash: { _ in "" }, runID: "run", recordsPerUser: recordsPerUser, leaseLimits: limits,
            sessionLimits: sessionLimits, depositLimits: depositLimits)
        core.sessions.serve()
        adopt(rules, capabilities)
    }

    /// Made in the initializer, and there as long as the stage is not struck.
    var core: BrokerCore {
        guard let made else { preconditionFailure("the stage is struck") }
        return made
    }

    @discardableResult
    func adopt(
        _ rules: [Rule], _ capabilities: [Capability] = [Stage.file()], suspended: Set<String> = []
    ) -> [CapabilityEntry] {
        var policy = PolicyInForce()
        policy.capabilities = capabilities
        policy.compiled = CompiledPolicy(
            rules: rules, suspended: suspended, revision: 1, sha256: "policy", bootID: Self.bootID)
        core.administration.adopt(policy)
        return added
    }

    func pass(_ usec: Int64) { moment = moment.advanced(byUSec: usec) }

    /// Ends the turn: what was appended goes to the disk.
    func endTurn() {
        if isCommitDue {
            isCommitDue = false
            core.commitDue()
        }
        if areAnswersDue {
            areAnswersDue = false
            core.answersDue()
        }
    }

    /// The batch at the disk is durable, and the loop goes on.
    func commit() {
        commitReturns()
        endTurn()
    }

    /// The batch at the disk is durable; what the loop was asked to do later is still to come.
    func commitReturns() {
        guard let batch else { preconditionFailure("nothing is at the disk") }
        self.batch = nil
        size += UInt64(batch.leaves.count)
        committed.append(batch)
        core.committed(TreeState(size: size, root: []))
    }

    /// Ends the turn, and commits whatever there is.
    func commitAll() {
        endTurn()
        while batch != nil { commit() }
    }

    func failCommit() {
        batch = nil
        core.commitFailed(LedgerError(.commitFailed, "the disk failed", remedy: "wait"))
        endTurn()
    }

    /// The log is opened again, and holds this and the policy that is in force.
    func reopen(_ restored: RestoredState) {
        core.reopened(restored) {}
        while !building.isEmpty { buildNext() }
    }

    /// What waits first to be built is. Rules that are granted have ids for texts, and permit everything to anyone; so do
    /// those of files, of which each has one.
    func buildNext(errors: [String] = []) {
        let next = building.removeFirst()
        var policy = PolicyInForce(stored: next.stored, added: next.added)
        let owner = Rule.bootstrap(owner: NamedID(id: 0)).filter { rule in
            next.stored.rules.contains { $0.id == rule.id }
        }
        let granted = next.stored.rules.filter { $0.origin != "bootstrap" }
        let texts = next.stored.files.map(\.text) + granted.map(\.id)
        policy.capabilities = [Self.file()] + next.added.map { Self.file($0.name) }
        policy.stored.sha256 = Self.digest(next.stored)
        policy.compiled = CompiledPolicy(
            rules: owner + texts.map { Self.permit($0) }, suspended: Set(next.stored.suspensions.map(\.rule)),
            revision: next.stored.revision, sha256: policy.stored.sha256, bootID: Self.bootID)
        let problems = errors.map { PolicyProblem(path: "p.yaml", line: 1, column: 1, message: $0, remedy: "") }
        next.done(BuiltPolicy(policy, problems: problems))
    }

    private static func digest(_ stored: StoredPolicy) -> String {
        "\(stored.files.map(\.text)) \(stored.rules.map(\.id)) \(stored.suspensions.map(\.rule))"
    }

    /// Builds, keeps and commits whatever there is.
    func settle() {
        repeat {
            while !building.isEmpty { buildNext() }
            keepNext()
            commitAll()
        } while !building.isEmpty || !keeping.isEmpty
    }

    /// What waits first to be written to `STATE/revoked` is.
    func keepNext(isWritten: Bool = true) {
        guard !keeping.isEmpty else { return }
        keptRevocations += 1
        keeping.removeFirst().done(isWritten ? keptRevocations : nil)
    }

    /// The types of the records that are durable, in order.
    var types: [String] { committed.flatMap(\.leaves).map(Self.type) }

    /// The texts of the durable records of a type.
    func texts(_ type: String) -> [String] {
        committed.flatMap(\.leaves).filter { Self.type($0) == type }.map { String(decoding: $0, as: UTF8.self) }
    }

    var changes: [StateChange] { committed.flatMap(\.changes) }

    static func type(_ leaf: [UInt8]) -> String {
        let text = String(decoding: leaf, as: UTF8.self)
        guard let start = text.firstRange(of: "\"type\":\"")?.upperBound else { return "" }
        return String(text[start...].prefix { $0 != "\"" })
    }

    func fire() {
        let due = timers.filter { $0.bootUSec <= moment.bootUSec }
        timers.removeAll { $0.bootUSec <= moment.bootUSec }
        for timer in due { core.fired(timer.event) }
    }

    /// The opener answers what it was asked first.
    func answerNext(fails: Bool = false) {
        let next = asked.removeFirst()
        switch next.kind {
        case .descriptor: core.opened(next.ticket, fails ? .failure(Self.problem) : .success(TestDescriptor()))
        case .holding: core.held(next.ticket, fails ? .failure(Self.problem) : .success(TestHolding()))
        case .pair:
            let ends = PipeEnds(read: TestDescriptor(), write: TestDescriptor())
            core.paired(next.ticket, fails ? .failure(Self.problem) : .success(ends))
        }
    }

    /// A caller connects.
    /// - Returns: whether there is a place for it.
    @discardableResult
    func begin(_ caller: TestCaller) -> Bool {
        guard core.begin(caller.caller) else { return false }
        caller.stage = self
        return true
    }

    /// Opens names for a caller.
    @discardableResult
    func open(_ caller: TestCaller, _ names: [String] = ["a"], rights: Rights? = nil, reason: String? = nil)
        -> TestAnswer
    {
        if caller.stage == nil { begin(caller) }
        let answer = TestAnswer()
        core.open(caller.request(names, rights), reason: reason, caller.caller, answer)
        return answer
    }

    // MARK: What tests are made of

    static func name(_ text: String) -> CapabilityName {
        guard let name = try? CapabilityName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    static func file(_ name: String = "a", _ opening: Opening = .eachGrant, delivery: Delivery = .fresh) -> Capability {
        Capability(
            name: Self.name(name), source: .file(path: SourcePath("/\(name)"), create: nil, noFollow: false),
            delivery: delivery,
            opening: opening)
    }

    static func permit(_ id: String = "r", _ conditions: Conditions = Conditions(), name: String = "**") -> Rule {
        rule(id, .permit, conditions, name: name)
    }

    static func forbid(_ id: String, _ conditions: Conditions = Conditions(), name: String = "**") -> Rule {
        rule(id, .forbid, conditions, name: name)
    }

    private static func rule(_ id: String, _ effect: Effect, _ conditions: Conditions, name: String) -> Rule {
        guard let pattern = try? NamePattern(name) else { preconditionFailure("\(name) is no pattern") }
        return Rule(
            id: id, effect: effect, actions: ActionSet([.open, .deposit, .remove]), capabilities: [pattern],
            to: .anyone, conditions: conditions, origin: .granted)
    }

    static func restored(
        size: UInt64 = 0, lastTimeUSec: Int64 = 0, undelivered: [UInt64] = [], unacknowledged: Range<UInt64>? = nil,
        counters: [RuleCounter] = [], leases: [StoredLease] = []
    ) -> RestoredState {
        RestoredState(
            size: size, root: [], lastTimeUSec: lastTimeUSec, deliveredUpTo: 0, undelivered: undelivered,
            unacknowledged: unacknowledged ?? size..<size, counters: counters, leases: leases, policy: .none,
            capabilities: [], directories: [])
    }
}

extension Stage: LoopPort {
    func now() -> Moment { moment }
    var bootUSec: Int64 { moment.bootUSec }
    func commitAfterTurn() { isCommitDue = true }
    func answerSoon() { areAnswersDue = true }

    func timer(at bootUSec: Int64, _ event: TimerEvent) -> TimerID {
        nextTimer += 1
        timers.append((TimerID(nextTimer), bootUSec, event))
        return TimerID(nextTimer)
    }

    func cancel(_ timer: TimerID) { timers.removeAll { $0.id == timer } }
}

extension Stage: LedgerPort {
    func commit(_ batch: Batch) {
        precondition(self.batch == nil, "two batches are at the disk at once")
        self.batch = batch
    }

    func settled() { settledCount += 1 }
}

extension Stage: OpenerPort {
    private func answer<Value>(
        _ kind: Asked.Kind, _ capability: Capability, _ rights: Rights, _ ticket: Ticket, _ make: () -> Value
    ) -> Result<Value, OpenProblem>? {
        if opensLater {
            asked.append(Asked(kind: kind, name: capability.name.text, rights: rights, ticket: ticket))
            return nil
        }
        return openFails ? .failure(Self.problem) : .success(make())
    }

    func openAnew(
        _ capability: Capability, _ rights: Rights, owner: CopyOwner?, for caller: Caller, _ ticket: Ticket
    ) -> Result<any PassableDescriptor, OpenProblem>? {
        answer(.descriptor, capability, rights, ticket) { TestDescriptor() }
    }

    func hold(_ capability: Capability, _ ticket: Ticket) -> Result<any Holding, OpenProblem>? {
        answer(.holding, capability, capability.rights, ticket) { TestHolding() }
    }

    func mostAhead(_ holding: any Holding, _ capability: Capability, owner: CopyOwner?) -> Int { mostAhead }

    func reopen(
        _ holding: any Holding, _ capability: Capability, _ rights: Rights, owner: CopyOwner?, for caller: Caller,
        _ ticket: Ticket
    ) -> Result<any PassableDescriptor, OpenProblem>? {
        answer(.descriptor, capability, rights, ticket) { TestDescriptor() }
    }

    func makePair(
        _ capability: Capability, for caller: Caller?, _ ticket: Ticket
    ) -> Result<PipeEnds, OpenProblem>? {
        answer(.pair, capability, capability.rights, ticket) {
            PipeEnds(read: TestDescriptor(), write: TestDescriptor())
        }
    }

    func check(
        _ descriptor: any PassableDescriptor, _ holding: (any Holding)?, _ capability: Capability, _ rights: Rights,
        _ delivery: Delivery
    ) -> Result<CheckedDescriptor, OpenProblem> {
        checkFails
            ? .failure(OpenProblem(.permissionDenied, name: "EACCES", "it is spoiled")) : .success(CheckedDescriptor())
    }

    func readContent(_ descriptor: any PassableDescriptor, _ capability: Capability, for call: OpenCall) {
        reading.append(call)
    }

    func isAbandoned(_ descriptor: any PassableDescriptor, _ side: PipePairs.Side) -> Bool { isEveryEndAbandoned }

    func gaveUp(_ capability: Capability, spoiled: OpenProblem?) { gaveUp.append(capability.name.text) }

    func keeps(_ holding: any Holding, _ capability: Capability) { kept.append(capability.name.text) }
}

extension Stage: PolicyPort {
    func build(_ wanted: PolicyBuild, _ done: @escaping (BuiltPolicy) -> Void) {
        building.append((wanted.stored, wanted.added, done))
    }

    func read(rule document: String, defaultID: String, _ done: @escaping (Result<Rule, PolicyRefusal>) -> Void) {
        done(.success(Self.permit(document)))
    }

    func digest(_ stored: StoredPolicy) -> String { Self.digest(stored) }

    func keep(_ revoked: RevokedRules, _ done: @escaping (UInt64?) -> Void) { keeping.append((revoked, done)) }

    func forget(revocationsThrough number: UInt64) { forgotten = max(forgotten, number) }

    func adopted(_ added: [CapabilityEntry]) { self.added = added }

    func cut(_ holding: any Holding) { cutHoldings += 1 }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import PolicyFiles
import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// Acts on the policy, for the methods that ask for them: what is done, and in which order, the core knows
/// (``VaultCore/Administration``).
extension Broker {
    /// Has an act done.
    func change(
        _ act: PolicyAct, by author: Author? = nil, reason: String? = nil, isDryRun: Bool = false
    ) async throws(VarlinkError) -> PolicyOutcome {
        do throws(PolicyRefusal) {
            return try await attempt(act, by: author, reason: reason, isDryRun: isDryRun).get()
        } catch {
            throw await refused(error, author)
        }
    }

    /// What is answered to who asked for an act that was refused. One who lost the right on the way is denied, and that is
    /// recorded.
    func refused(_ refusal: PolicyRefusal, _ author: Author?) async -> VarlinkError {
        if case .notPermitted = refusal, let author, author.rights.count == 1 {
            do throws(VarlinkError) {
                try await stillPermits(author.rights.map(\.action), author.session)
            } catch {
                return error
            }
        }
        return refusal.varlinkError
    }

    /// The same, for who tells refusals apart.
    func attempt(
        _ act: PolicyAct, by author: Author?, reason: String?, isDryRun: Bool
    ) async -> Result<PolicyOutcome, PolicyRefusal> {
        let answered = await withCheckedContinuation { continuation in
            core.administration.change(act, by: author, reason: reason, isDryRun: isDryRun) { [loop] in
                continuation.resume(returning: LoopBound($0, to: loop))
            }
        }
        return answered.value
    }

    // MARK: What the core asks for

    /// - Returns: the policy, and what its hash was found with.
    func build(_ wanted: PolicyBuild) async -> (BuiltPolicy, PolicyHash) {
        let builder = PolicyBuilder(
            stored: wanted.stored, added: wanted.added, bootID: bootID, places: configuration.openerPlaces,
            filesAreStored: !wanted.filesAreNew, looksAgain: wanted.looksAgain, before: wanted.before,
            isTrial: wanted.isTrial)
        let built = await work.run { [knownPolicy] in knownPolicy.build(builder) }
        giveBackSoon()
        return built
    }

    /// Reads one rule, on the work thread.
    func read(rule document: String, defaultID: String) async -> Result<Rule, PolicyRefusal> {
        let (rule, problems) = await work.run {
            PolicyReader.readRule(document: document, origin: .granted, names: SystemNames(), defaultID: defaultID)
        }
        return Self.onlyIfRight(rule, problems)
    }

    /// Reads one capability, on the work thread.
    func read(capability document: String) async -> Result<Capability, PolicyRefusal> {
        let (capability, problems) = await work.run {
            PolicyReader.readCapability(document: document, names: SystemNames())
        }
        return Self.onlyIfRight(capability, problems)
    }

    private static func onlyIfRight<Value>(_ value: Value?, _ problems: [PolicyProblem]) -> Result<Value, PolicyRefusal>
    {
        let errors = problems.filter { $0.severity == .error }
        guard let value, errors.isEmpty else { return .failure(.problems(errors)) }
        return .success(value)
    }

    /// Another policy is in force.
    func adopted(_ added: [CapabilityEntry]) {
        openAtStart(added)
        makeRooms()
        if !added.isEmpty || looks.count > table.count {
            looks.keep(only: table.all)
            fileWatches.keep { table[$0] != nil }
        }
    }

    // MARK: Start

    /// Takes up the stored policy at start, and the revocations that are not in it; makes the owner's rules where there is none.
    func loadPolicy(_ restored: RestoredState) async throws(VarlinkError) {
        let built = await startPolicy(restored.policy, restored)
        log(built.problems)
        // Before anything else: what was revoked was so before this start.
        await applyJournal()
        ledgerCare.isStateTakenUp = true
        if restored.bootstrapNeeded || configuration.recoverAdmin {
            let act = PolicyAct.restoreOwner(uid: configuration.ownerUID, isRecovery: !restored.bootstrapNeeded)
            _ = try await change(act)
        }
        do throws(VarlinkError) {
            if !built.resolved.isEmpty { _ = try await change(.reread(nil, isStart: false)) }
            try await reload(Rereading(isStart: true))
        } catch {
            // It is no fault of the directory's: it is tried again as soon as the log can be written.
            if case .auditUnavailable? = BrokerError(error) { reloadIsWanted = true }
            for line in Self.lines(of: error) {
                log.error("the policy directory was not applied, and what is stored stays in force: \(line)")
            }
        }
    }

    /// The policy where nothing can be recorded: what is stored, or the owner's rules where nothing is or what is cannot be
    /// trusted. Nothing is opened under it; it says who may look and revoke.
    func loadPolicyUnrecorded(_ restored: RestoredState, isTrusted: Bool) async {
        var stored = isTrusted ? restored.policy : .none
        if restored.bootstrapNeeded || !isTrusted {
            stored.rules = Rule.bootstrap(owner: NamedID(id: configuration.ownerUID)).map {
                StoredRule(id: $0.id, document: $0.document, origin: "bootstrap", addedRevision: 0)
            }
        }
        await startPolicy(stored, restored)
    }

    /// Puts a stored policy in force.
    @discardableResult
    func startPolicy(_ stored: StoredPolicy, _ restored: RestoredState) async -> BuiltPolicy {
        await withCheckedContinuation { continuation in
            core.administration.start(stored, restored.capabilities, directories: restored.directories) {
                continuation.resume(returning: $0)
            }
        }
    }

    /// Applies what the journal of revocations holds, before the socket listens.
    func applyJournal() async {
        var kept: [KeptRevocation] = []
        for entry in await revoked.pending() {
            guard let written = RevokedRules(text: entry.text) else { continue }
            let revocation = KeptRevocation(
                number: entry.id, rules: written, takenAwaySince: await takenAway(since: written.revision))
            if !revocation.due.ids.isEmpty {
                log.notice(
                    "a revocation was in force and not recorded; it is recorded now",
                    metadata: ["rules": "\(revocation.due.ids)"])
            }
            kept.append(revocation)
        }
        guard !kept.isEmpty else { return }
        await withCheckedContinuation { continuation in
            // Where the log cannot be written it stays in the journal, and in force.
            core.administration.takeUp(kept) { continuation.resume() }
        }
    }

    /// The rules of which the ledger tells that they were taken away after a revision.
    private func takenAway(since revision: Int?) async -> Set<String> {
        // Where that cannot be read, whatever has the id is taken away: what is too little can be granted anew.
        guard let revision, let known = try? await reader.rulesTakenAway(after: revision) else { return [] }
        return Set(known)
    }

    // MARK: Refusals

    /// Refuses a policy with errors in it.
    func refuseProblems(_ errors: [PolicyProblem]) throws(VarlinkError) {
        guard errors.isEmpty else { throw PolicyRefusal.problems(errors).varlinkError }
    }

    /// A refusal that is about no line of a file.
    func refusal(_ message: String, _ remedy: String) -> VarlinkError {
        PolicyRefusal.because(message, remedy: remedy).varlinkError
    }
}

extension PolicyRefusal {
    var varlinkError: VarlinkError {
        switch self {
        case .notPermitted: BrokerError.denied(name: "", record: nil, message: Refusal.denialText).varlinkError
        case .notFound(let name): BrokerError.notFound(name: name).varlinkError
        case .nameTaken(let name): BrokerError.nameTaken(name: name).varlinkError
        case .problems(let problems, _): AdminError.policyRefused(problems: problems.map(\.onWire)).varlinkError
        case .auditUnavailable(let message): BrokerError.auditUnavailable(message: message).varlinkError
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// Recorded requests decided again: under files that are not applied, or by the policy that decided then.
extension Broker {
    // MARK: What if

    /// Decides recorded requests again with other files in place of those of then, and lists those that would come out
    /// otherwise. All else is as it was at each request: what was granted and suspended by command, the capabilities that
    /// were added, the counters, the clock.
    func replay(
        _ parameters: AdminInterface.Replay.Parameters, _ answer: Answer, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Replay.Reply {
        guard answer.wantsMore else { throw .expectedMore }
        let files = parameters.files.map { StoredFile(path: $0.path, text: $0.text) }
        var wanted = PolicyBuild(policy.stored, policy.added)
        wanted.stored.files = files
        wanted.stored.filesAnchor = nil
        wanted.looksAgain = true
        wanted.isTrial = true
        try refuseProblems(await build(wanted).0.errors)
        var decided = 0
        var changed = 0
        var unclear = 0
        let since = parameters.sinceUSec.map(Int64.init) ?? .min
        try await goOver(files: files) { (events, found) throws(VarlinkError) in
            try await stillPermits([.admin], session)
            for (event, result) in zip(events, found) where event.moment.wallUSec >= since {
                guard case .decision = event.kind else { continue }
                decided += 1
                guard let result, result.outcome != .unclear else {
                    unclear += 1
                    continue
                }
                guard (result.outcome == .permit) != result.wasPermitted else { continue }
                changed += 1
                answer.reply(
                    AdminInterface.Replay.Reply(
                        record: Int(result.index), before: result.wasPermitted ? "permit" : "deny",
                        after: result.outcome.rawValue, rules: result.decision.rules), continues: true)
            }
            await waitForReader(answer)
            return answer.session != nil
        }
        return .init(rules: [], decided: decided, changed: changed, unclear: unclear)
    }

    // MARK: Why

    /// Explains a recorded decision by the policy that made it, with what was counted then.
    func explain(record index: Int, _ session: Session) async throws(VarlinkError) -> AdminInterface.Explain.Reply {
        let (event, recorded) = try await recordedDecision(index)
        guard let revision = event.revision, let past = try await pastPolicy(revision, event.bootID, files: nil) else {
            throw refusal(
                "the policy that made the decision of record \(index) is not stored",
                "vault audit show \(index), for what the record itself tells")
        }
        var replayer = Replayer(knownSince: nil, added: policy.added.filter { $0.record < event.index })
        replayer.adopt(past)
        if past.needsHistory(recorded.request) {
            replayer = try await goOver(files: nil, before: event.index) { (_, _) throws(VarlinkError) in
                try await stillPermits([.admin], session)
                return session.isClosed == false
            }
            replayer.adopt(past)
        }
        guard let situation = replayer.situation(of: recorded, event) else {
            throw refusal("record \(index) cannot be decided again", "vault audit show \(index)")
        }
        var reply = await explanation(past.compiled, situation.request, situation.counters)
        reply.decision = situation.result.outcome.rawValue
        reply.recorded = recorded.wasPermitted ? "permit" : "deny"
        return reply
    }

    private func recordedDecision(_ index: Int) async throws(VarlinkError) -> (RecordedEvent, RecordedRequest) {
        guard let number = UInt64(exactly: index) else { throw .invalidParameter("record") }
        let entry: Entry?
        do {
            entry = try await reader.record(number)
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
        guard let entry else { throw BrokerError.notFound(name: "record \(index)").varlinkError }
        guard let event = RecordedEvent(entry), case .decision(let recorded) = event.kind else {
            throw refusal("record \(index) tells of no decision", "name the record of a grant or of a denial")
        }
        return (event, recorded)
    }

    // MARK: Going over the log

    /// Takes in the log from its first record, a page at a time, off the loop.
    /// - Parameters:
    ///   - files: what stands for the files of each revision; nil: those that it had.
    ///   - end: the record to stop before; nil goes on to the end of the log.
    ///   - visit: gets the records of a stretch and what each decision is now; false ends it.
    /// - Returns: what is known then.
    @discardableResult
    private func goOver(
        files: [StoredFile]?, before end: UInt64? = nil,
        _ visit: ([RecordedEvent], [Replayer.Result?]) async throws(VarlinkError) -> Bool
    ) async throws(VarlinkError) -> Replayer {
        var replayer: Replayer?
        var reached = (revision: -1, bootID: "")
        // Revisions whose records were seen, and by which nothing has been decided yet: while a change is being recorded,
        // the policy before it still decides.
        var made: [Int] = []
        var from: UInt64? = journal.prunedBefore
        while let start = from {
            let (events, next) = try await events(from: start, before: end)
            from = next
            if replayer == nil {
                let isWhole = journal.prunedBefore == 0
                replayer = Replayer(
                    knownSince: isWhole ? nil : events.first?.moment,
                    added: policy.added.filter { $0.record < journal.prunedBefore })
            }
            var rest = events[...]
            while let first = rest.first, var current = replayer {
                if let revision = first.needsPolicy, (revision, first.bootID) != reached {
                    let due = made.filter { $0 > reached.revision && $0 < revision } + [revision]
                    made.removeAll { $0 <= revision }
                    for one in due {
                        guard let past = try await pastPolicy(one, first.bootID, files: files) else { continue }
                        current.adopt(past)
                        reached = (one, first.bootID)
                    }
                    // A policy that is not stored decides nothing here.
                    if reached.revision != revision { current.decideNothing() }
                    reached = (revision, first.bootID)
                }
                let stretch = rest.prefix { event in
                    event.needsPolicy.map { ($0, event.bootID) == reached } ?? true
                }
                for event in stretch where event.needsPolicy == nil {
                    if let revision = event.revision, revision > reached.revision { made.append(revision) }
                }
                rest = rest.dropFirst(stretch.count)
                let before = current
                let (after, found) = await work.run {
                    var replayer = before
                    let found = stretch.map { replayer.take($0) }
                    return (replayer, found)
                }
                replayer = after
                guard try await visit(Array(stretch), found) else { return after }
            }
        }
        return replayer ?? Replayer(knownSince: nil, added: policy.added)
    }

    private func events(
        from start: UInt64, before end: UInt64?
    ) async throws(VarlinkError) -> ([RecordedEvent], next: UInt64?) {
        let page: EntryPage
        do {
            page = try await reader.entries(from: start, limit: Self.pageEntries)
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
        let limit = end ?? .max
        let entries = page.entries.filter { $0.index < limit }
        let isLast = page.next.map { $0 >= limit } ?? true
        return (await work.run { entries.compactMap(RecordedEvent.init) }, isLast ? nil : page.next)
    }

    /// The policy of a revision, with the ids that its names had then, as it was compiled in that boot.
    /// - Parameter files: others in place of those of then; nil: those.
    /// - Returns: nil where it is not stored.
    func pastPolicy(
        _ revision: Int, _ bootID: String, files: [StoredFile]?
    ) async throws(VarlinkError) -> PolicyInForce? {
        var stored: StoredPolicy
        do {
            // A revocation is in force before it is stored.
            guard let found = revision == policy.revision ? policy.stored : try await reader.policy(revision: revision)
            else { return nil }
            stored = found
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
        var isOfThePast = true
        if let files, !files.hasSameTexts(as: stored.files) {
            stored.files = files
            stored.filesAnchor = nil
            isOfThePast = false
        }
        let builder = PolicyBuilder(stored: stored, added: [], bootID: bootID, isOfThePast: isOfThePast)
        return await work.run { builder.build().policy }
    }
}

extension RecordedEvent {
    /// The revision by which it can only be taken in; nil: by any.
    fileprivate var needsPolicy: Int? {
        switch kind {
        case .decision, .originStart: revision
        default: nil
        }
    }
}

extension [StoredFile] {
    /// Whether both hold the same, wherever it lies.
    fileprivate func hasSameTexts(as other: [StoredFile]) -> Bool {
        func texts(of files: [StoredFile]) -> [[UInt8]] {
            files.map { [UInt8]($0.text.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        }
        return texts(of: self) == texts(of: other)
    }
}

extension PolicyInForce {
    /// Whether a decision about this request can depend on more than its own record: on counters, on the clock of then, or
    /// on a capability that was added by command.
    fileprivate func needsHistory(_ request: DecisionRequest) -> Bool {
        guard let name = request.name else { return compiled.rules.contains { $0.conditions.hasTimes } }
        let isDeclared = capabilities.contains { $0.name == name }
        return !isDeclared
            || compiled.rules.contains { rule in
                (rule.conditions.counts || rule.conditions.hasTimes) && rule.capabilities.contains { $0.matches(name) }
            }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import PolicyFiles
import Varlink
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// What an administrator asks about the policy: why, who, what, and what if. Nothing here decides anything.
extension Broker {
    // MARK: Why

    /// Explains a recorded decision by the policy that made it, or says how a subject would fare under the present one.
    func explain(
        _ parameters: AdminInterface.Explain.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Explain.Reply {
        if let index = parameters.record {
            guard parameters.subject == nil, parameters.name == nil else { throw .invalidParameter("record") }
            let recorded = try await recordedRequest(index)
            var decided = policy
            if let revision = recorded.revision, revision != policy.revision {
                decided = await build(try await storedPolicy(revision), policy.added).policy
            }
            // What the counters were then is not recorded; a used-up rule shows in the record itself.
            let offered = offered(recorded.request.name, decided)
            return explanation(decided.compiled, recorded.request.offering(offered), UnusedCounters())
        }
        guard let subject = parameters.subject else { throw .invalidParameter("subject") }
        let request = try question(
            subject, action: parameters.action, name: parameters.name, rights: parameters.rights, at: parameters.atUSec)
        return explanation(policy.compiled, request, counters)
    }

    private func explanation(
        _ policy: CompiledPolicy, _ request: DecisionRequest, _ counters: some CounterView
    ) -> AdminInterface.Explain.Reply {
        let explanation = policy.explain(request, counters: counters)
        return .init(
            decision: explanation.decision.isPermitted ? "permit" : "deny", rules: explanation.decision.rules,
            findings: explanation.findings.map {
                .init(rule: $0.rule, selector: $0.selector, wanted: $0.wanted, got: $0.got, matched: $0.matched)
            })
    }

    private func question(
        _ subject: AdminInterface.Subject, action: String?, name: String?, rights: [String]?, at: Int?
    ) throws(VarlinkError) -> DecisionRequest {
        guard let action = Action(rawValue: action ?? Action.open.rawValue) else { throw .invalidParameter("action") }
        var asked: CapabilityName?
        if let name {
            guard let parsed = try? CapabilityName(name) else { throw .invalidParameter("name") }
            asked = parsed
        }
        guard !action.takesCapability || asked != nil else { throw .invalidParameter("name") }
        var wanted: Rights?
        if let rights {
            guard let parsed = try? Rights.parse(rights) else { throw .invalidParameter("rights") }
            wanted = parsed
        }
        let moment = Moment.now()
        // Another time is another on both clocks.
        let then = at.map { moment.moved(toWallUSec: Int64($0)) } ?? moment
        return DecisionRequest(
            identity: Identity(try Subject(subject), unsaid: .absent), action: action, name: asked, asked: wanted,
            offered: offered(asked, policy), hasReason: true, wallUSec: then.wallUSec, bootUSec: then.bootUSec,
            clockIsTrusted: at != nil || isTrusted(moment))
    }

    private func offered(_ name: CapabilityName?, _ policy: PolicyInForce) -> Rights {
        policy.capabilities.first { $0.name == name }?.rights ?? .all
    }

    // MARK: Who and what

    func whoCan(
        _ parameters: AdminInterface.WhoCan.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.WhoCan.Reply {
        guard let action = Action(rawValue: parameters.action ?? Action.open.rawValue) else {
            throw .invalidParameter("action")
        }
        guard let name = try? CapabilityName(parameters.name) else { throw .invalidParameter("name") }
        let answers = policy.compiled.whoCan(name, action: action, offered: offered(name, policy))
        return .init(answers: answers.map { $0.onWire() })
    }

    func whatCan(
        _ parameters: AdminInterface.WhatCan.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.WhatCan.Reply {
        let answers = policy.compiled.whatCan(try Subject(parameters.subject), capabilities: policy.capabilities)
        return .init(answers: answers.map { $0.onWire(askedFor: parameters.subject) })
    }

    // MARK: What if

    /// Decides recorded requests again, under files that are not applied, and lists those that would come out otherwise.
    func replay(
        _ parameters: AdminInterface.Replay.Parameters, _ answer: Answer, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Replay.Reply {
        guard answer.wantsMore else { throw .expectedMore }
        var stored = policy.stored
        stored.files = parameters.files.map { StoredFile(path: $0.path, text: $0.text) }
        stored.filesAnchor = nil
        let built = await build(stored, policy.added)
        try refuseProblems(built.errors)
        var filter = EntryFilter()
        filter.sinceUSec = parameters.sinceUSec.map(Int64.init)
        filter.type = [RecordType.grant.rawValue, RecordType.deny.rawValue]
        var from: UInt64?
        var decided = 0
        var changed = 0
        repeat {
            let page: EntryPage
            do {
                page = try await reader.entries(from: from, limit: Self.pageEntries, filter: filter)
            } catch {
                throw BrokerError.auditUnavailable(message: error.message).varlinkError
            }
            for entry in page.entries {
                guard let recorded = RecordedRequest(entry, bootID: bootID, now: .now()) else { continue }
                decided += 1
                guard let difference = difference(entry, recorded, built.policy) else { continue }
                changed += 1
                answer.reply(difference, continues: true)
            }
            from = page.next
            await waitForReader(answer)
            try await stillPermits(.admin, session)
        } while from != nil && answer.session != nil
        return .init(rules: [], decided: decided, changed: changed)
    }

    private func difference(
        _ entry: Entry, _ recorded: RecordedRequest, _ changed: PolicyInForce
    ) -> AdminInterface.Replay.Reply? {
        let request = recorded.request.offering(offered(recorded.request.name, changed))
        let after = changed.compiled.decide(request, counters: UnusedCounters())
        guard after.isPermitted != recorded.wasPermitted else { return nil }
        return .init(
            record: Int(entry.index), before: recorded.wasPermitted ? "permit" : "deny",
            after: after.isPermitted ? "permit" : "deny", rules: after.rules)
    }

    private func recordedRequest(_ index: Int) async throws(VarlinkError) -> RecordedRequest {
        guard let number = UInt64(exactly: index) else { throw .invalidParameter("record") }
        let entry: Entry?
        do {
            entry = try await reader.record(number)
        } catch {
            throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
        guard let entry else { throw BrokerError.notFound(name: "record \(index)").varlinkError }
        guard let recorded = RecordedRequest(entry, bootID: bootID, now: .now()) else {
            throw refusal("record \(index) tells of no decision", "name the record of a grant or of a denial")
        }
        return recorded
    }
}

extension Subject {
    fileprivate init(_ subject: AdminInterface.Subject) throws(VarlinkError) {
        func id(_ value: Int?, _ field: String) throws(VarlinkError) -> UInt32? {
            guard let value else { return nil }
            guard let id = UInt32(exactly: value) else { throw .invalidParameter("subject.\(field)") }
            return id
        }
        var groups: [UInt32]?
        if let given = subject.groups {
            groups = []
            for group in given {
                guard let number = try id(group, "groups") else { continue }
                groups?.append(number)
            }
        }
        self.init(
            uid: try id(subject.uid, "uid"), gid: try id(subject.gid, "gid"), groups: groups, label: subject.label,
            cgroup: subject.cgroup, unit: subject.unit, loginuid: try id(subject.loginuid, "loginuid"),
            namespace: subject.namespace, exe: subject.exe, sha256: subject.sha256)
    }
}

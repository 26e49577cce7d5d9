// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import PolicyFiles
import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// What an administrator asks about the policy: why, who and what. Nothing here decides anything.
extension Broker {
    // MARK: Why

    /// Explains a recorded decision by the policy that made it, or says how a subject would fare under the present one.
    func explain(
        _ parameters: AdminInterface.Explain.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Explain.Reply {
        if let index = parameters.record {
            guard parameters.subject == nil, parameters.name == nil else { throw .invalidParameter("record") }
            return try await explain(record: index, session)
        }
        guard let subject = parameters.subject else { throw .invalidParameter("subject") }
        let request = try question(
            subject, action: parameters.action, name: parameters.name, rights: parameters.rights, at: parameters.atUSec)
        var counters = counters.now
        counters.ask(at: Moment.now())
        return await explanation(policy.compiled, request, counters)
    }

    /// Each rule is held against the request: not on the loop.
    func explanation(
        _ policy: CompiledPolicy, _ request: DecisionRequest, _ counters: some CounterView & Sendable
    ) async -> AdminInterface.Explain.Reply {
        await questions.run {
            let explanation = policy.explain(request, counters: counters)
            return .init(
                decision: explanation.decision.isPermitted ? "permit" : "deny", rules: explanation.decision.rules,
                findings: explanation.findings.map {
                    .init(rule: $0.rule, selector: $0.selector, wanted: $0.wanted, got: $0.got, matched: $0.matched)
                })
        }
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
            offered: policy.offered(asked), hasReason: true, wallUSec: then.wallUSec, bootUSec: then.bootUSec,
            clockIsTrusted: at != nil || journal.isTrusted(moment))
    }

    // MARK: Who and what

    func whoCan(
        _ parameters: AdminInterface.WhoCan.Parameters, _ session: Session
    ) async throws(VarlinkError) -> WrittenReply<AdminInterface.WhoCan> {
        guard let action = Action(rawValue: parameters.action ?? Action.open.rawValue) else {
            throw .invalidParameter("action")
        }
        guard let name = try? CapabilityName(parameters.name) else { throw .invalidParameter("name") }
        let policy = self.policy
        return await questions.run {
            let answers = policy.compiled.whoCan(name, action: action, offered: policy.offered(name))
            return .init(.init(answers: answers.map { $0.onWire() }))
        }
    }

    func whatCan(
        _ parameters: AdminInterface.WhatCan.Parameters, _ session: Session
    ) async throws(VarlinkError) -> WrittenReply<AdminInterface.WhatCan> {
        let (policy, subject) = (self.policy, try Subject(parameters.subject))
        return await questions.run {
            let answers = policy.compiled.whatCan(subject, capabilities: policy.capabilities)
            return .init(.init(answers: answers.map { $0.onWire(askedFor: parameters.subject) }))
        }
    }
}

extension PolicyInForce {
    fileprivate func offered(_ name: CapabilityName?) -> Rights {
        capabilities.first { $0.name == name }?.rights ?? .all
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
            namespace: subject.namespace, exe: subject.exe, sha256: subject.sha256,
            container: subject.container, pod: subject.pod)
    }
}

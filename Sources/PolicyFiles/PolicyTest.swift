// SPDX-License-Identifier: Apache-2.0

import VaultModel
import VaultPolicy

/// Reads one case of `tests`.
struct TestReader {
    let context: ReadingContext

    static let keys = ["as"] + Action.allCases.map(\.rawValue) + ["rights", "at", "reason", "expect", "rule"]

    private static let hints = [
        "user": "write it inside 'as'", "permit": "write expect: permit", "deny": "write expect: deny",
        "name": "write the action with the name, such as open: NAME",
    ]

    /// nil when something is wrong with it, which has been reported.
    func read(_ node: DocumentNode) -> PolicyTest? {
        let problems = context.problems
        let before = problems.problems.count
        guard let mapping = MappingReader(node, "a test", keys: Self.keys, hints: Self.hints, problems: problems) else {
            return nil
        }
        mapping.require("as", remedy: "say who asks, such as as: { user: alice }")
        mapping.require("expect", remedy: "write expect: permit or expect: deny")
        let subject = mapping.node("as").flatMap(readSubject)
        let asked = readAction(mapping)
        let rights = mapping.rights()
        let expectation: PolicyTest.Expectation? = mapping.value(
            "expect", ScalarText.word("cannot be expected", remedy: "write expect: permit or expect: deny"))
        let time = mapping.value("at", TimeText.parse)
        let hasReason = mapping.value("reason", ScalarText.yesOrNo) ?? false
        let rule = mapping.text("rule")?.text
        if let asked, rights != nil, asked.action != .open, asked.action != .deposit {
            mapping.refuse("rights", because: "only open and deposit ask for rights", remedy: "remove it")
        }
        if hasReason, let asked, asked.action != .open {
            mapping.refuse("reason", because: "only open is asked for with a reason", remedy: "remove it")
        }
        guard let subject, let asked, let expectation, problems.problems.count == before else { return nil }
        return PolicyTest(
            subject: subject, action: asked.action, name: asked.name, rights: rights, atUSec: time,
            hasReason: hasReason, expectation: expectation, rule: rule, place: node.place)
    }

    private func readAction(_ mapping: MappingReader) -> (action: Action, name: CapabilityName?)? {
        let present = Action.allCases.filter { mapping.has($0.rawValue) }
        guard present.count == 1 else {
            mapping.problems.add(
                present.isEmpty ? "a test asks for nothing" : "a test asks for several actions",
                remedy: "write one action with a name, such as open: logs/web, or admin: yes",
                at: mapping.place)
            return nil
        }
        let action = present[0]
        guard action.takesCapability else {
            return mapping.value(action.rawValue, ScalarText.yesOrNo).map { _ in (action, nil) }
        }
        return mapping.value(action.rawValue, CapabilityName.init).map { (action, $0) }
    }

    private func readSubject(_ node: DocumentNode) -> Subject? {
        let keys = SelectorKind.allCases.map(\.rawValue)
        guard let mapping = MappingReader(node, "'as'", keys: keys, problems: context.problems) else { return nil }
        if mapping.has("user"), mapping.has("uid") {
            mapping.refuse("uid", because: "the user has one already", remedy: "keep one of them")
        }
        let groups =
            (mapping.values("group", context.names.group) ?? []).map(\.id)
            + (mapping.values("gid", ScalarText.id) ?? [])
        return Subject(
            uid: mapping.value("user", context.names.user)?.id ?? mapping.value("uid", ScalarText.id),
            gid: groups.first, groups: Array(groups.dropFirst()), label: mapping.text("label")?.text,
            cgroup: mapping.text("cgroup")?.text, unit: mapping.text("unit")?.text,
            loginuid: mapping.value("loginuid", context.names.userOrID)?.id,
            namespace: mapping.text("namespace")?.text, exe: mapping.text("exe")?.text,
            sha256: mapping.text("sha256")?.text, container: mapping.text("container")?.text,
            pod: mapping.text("pod")?.text)
    }
}

/// What came of a test.
package struct PolicyTestResult: Sendable {
    package var test: PolicyTest
    package var decision: Decision

    /// What was expected and did not come, at the place of the test; nil: the test passed.
    package var problem: PolicyProblem?
}

extension PolicySet {
    /// Decides every test under the rules of the set alone, with nothing used yet. `wallUSec` is the time for tests that
    /// name none.
    package func runTests(wallUSec: Int64) -> [PolicyTestResult] {
        let policy = CompiledPolicy(rules: rules, revision: 0, sha256: "")
        let offered = Dictionary(capabilities.map { ($0.name, $0.rights) }) { first, _ in first }
        return tests.map { $0.run(under: policy, offered: offered, wallUSec: wallUSec) }
    }
}

extension PolicyTest {
    /// A name that no capability of the files has offers every right: it may be deposited.
    fileprivate func run(
        under policy: CompiledPolicy, offered: [CapabilityName: Rights], wallUSec: Int64
    ) -> PolicyTestResult {
        let request = DecisionRequest(
            identity: Identity(subject, unsaid: .absent), action: action, name: name, asked: rights,
            offered: name.flatMap { offered[$0] } ?? .all, hasReason: hasReason, wallUSec: atUSec ?? wallUSec,
            bootUSec: 0)
        let decision = policy.decide(request, counters: UnusedCounters())
        let problem = mismatch(decision).map { message in
            PolicyProblem(at: place, message: message, remedy: reason(decision))
        }
        return PolicyTestResult(test: self, decision: decision, problem: problem)
    }

    private func mismatch(_ decision: Decision) -> String? {
        let outcome: Expectation = decision.isPermitted ? .permit : .deny
        guard outcome == expectation else {
            return "the test expects \(expectation.rawValue), and the answer is \(outcome.rawValue)"
        }
        guard let rule else { return nil }
        let deciding = decision.isPermitted ? decision.charged.map { [$0.id] } ?? [] : decision.rules
        guard !deciding.contains(rule) else { return nil }
        return "the test expects the rule '\(rule)', and "
            + (deciding.isEmpty ? "no rule decided" : "the answer is by '\(deciding.joined(separator: "', '"))'")
    }

    /// What led to the answer.
    private func reason(_ decision: Decision) -> String {
        if let charged = decision.charged { return "the rule '\(charged.id)' permits it" }
        if !decision.rules.isEmpty { return "the rule '\(decision.rules.joined(separator: "', '"))' forbids it" }
        guard !decision.failed.isEmpty else { return "no rule is about this" }
        return decision.failed.map { failure in
            "the rule '\(failure.rule)' wants \(failure.selector): \(failure.wanted), and it is \(failure.got ?? "not known")"
        }.joined(separator: "; ")
    }
}

/// A case written beside the rules: who asks for what, and what must come of it.
package struct PolicyTest: Sendable, Equatable {
    package enum Expectation: String, CaseIterable, Sendable {
        case permit, deny
    }

    package var subject: Subject
    package var action: Action
    /// nil for `admin` and `audit`.
    package var name: CapabilityName?
    /// nil: as much as may be had.
    package var rights: Rights?
    /// Microseconds of `CLOCK_REALTIME`; nil: whenever the test runs.
    package var atUSec: Int64?
    package var hasReason: Bool
    package var expectation: Expectation
    /// The rule that must have been charged, or must have forbidden it.
    package var rule: String?
    package var place: Place
}

// SPDX-License-Identifier: Apache-2.0

import VaultModel
import VaultPolicy

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
            PolicyProblem(
                path: place.path, line: place.line, column: place.column, message: message, remedy: reason(decision))
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

// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultTestKit

@testable import VaultPolicy

@Suite("A policy that is made of another")
struct ChangedPolicyTests {
    private static var cases: Int { Soak.count(200, full: 10_000) }

    /// What is compared of two policies that are to be the same.
    private struct Answers: Equatable {
        var decisions: [String] = []
        var explanations: [[Finding]] = []
        var whoCan: [[Answer]] = []
        var whatCan: [[Answer]] = []
        var rules: [Rule]
        var ids: Set<String>
        var suspended: Set<String>
        var hasTimes: Bool
        var selectorsUsed: SelectorKinds
        var permitsAnybodyAdmin: Bool

        init(_ policy: CompiledPolicy, _ requests: [DecisionRequest]) {
            rules = Array(policy.rules)
            ids = policy.ids
            suspended = policy.suspended
            hasTimes = policy.hasTimes
            selectorsUsed = policy.selectorsUsed
            permitsAnybodyAdmin = policy.permitsAnybodyAdmin
            let counters = FixedCounters(count: 2)
            for request in requests {
                let decision = policy.decide(request, counters: counters)
                decisions.append(
                    "\(decision.why) \(decision.rights) \(decision.rules)+\(decision.rulesMore) \(decision.failed)"
                        + "+\(decision.failedMore) \(decision.kinds.rawValue) \(decision.charged?.id ?? "")")
                explanations.append(policy.explain(request, counters: counters).findings)
                whoCan.append(policy.whoCan(request.name, action: request.action))
                let names = ["a", "b", "a/b", "ab/abc"].compactMap { try? CapabilityName($0) }
                whatCan.append(
                    policy.whatCan(
                        Subject(uid: request.identity.uid),
                        capabilities: names.map { Capability(name: $0, source: .pipe) }))
            }
        }
    }

    @Test("is, when rules were taken away, the policy that is compiled of the others, and compiles nothing")
    func narrowed() {
        let seed = Seed()
        var random = RandomPolicy(random: seed.generator)
        for number in 0..<Self.cases {
            var rules = random.rules()
            var policy = CompiledPolicy(rules: rules, revision: 1, sha256: "", bootID: "this")
            var suspended: Set<String> = []
            for step in 2..<5 {
                let removed = Set(rules.filter { _ in random.random.chance(4) }.map(\.id))
                rules.removeAll { removed.contains($0.id) }
                suspended.formUnion(rules.filter { _ in random.random.chance(6) }.map(\.id))
                suspended.subtract(removed)
                policy = policy.narrowed(removed: removed, suspended: suspended, revision: step, sha256: "\(step)")
                let compiled = CompiledPolicy(
                    rules: rules, suspended: suspended, revision: step, sha256: "\(step)", bootID: "this")
                let requests = (0..<5).map { _ in random.request() }
                #expect(policy.compiledCount == 0)
                #expect(policy.revision == step)
                #expect(policy.sha256 == "\(step)")
                guard Answers(policy, requests) == Answers(compiled, requests) else {
                    Issue.record("\(seed), case \(number), step \(step): without \(removed), \(suspended) suspended")
                    return
                }
            }
        }
    }

    @Test("takes the rules that are the same as they were compiled, and decides as if it had not")
    func reused() {
        let seed = Seed()
        var random = RandomPolicy(random: seed.generator)
        for number in 0..<Self.cases {
            var rules = random.rules()
            let former = CompiledPolicy(rules: rules, suspended: ["r1"], revision: 1, sha256: "", bootID: "this")
            let narrowed = former.narrowed(removed: ["r2"], suspended: ["r1", "r3"], revision: 2, sha256: "")
            let kept = rules.filter { $0.id != "r2" }.count
            let added = ["r0a", "r9a", "z"].map { random.rule(id: $0) }
            rules += added
            rules.shuffle(using: &random.random)
            let policy = CompiledPolicy(
                rules: rules, revision: 3, sha256: "", bootID: "this",
                former: number.isMultiple(of: 2) ? former : narrowed)
            let compiled = CompiledPolicy(rules: rules, revision: 3, sha256: "", bootID: "this")
            let requests = (0..<5).map { _ in random.request() }
            #expect(policy.compiledCount == (number.isMultiple(of: 2) ? added.count : rules.count - kept))
            guard Answers(policy, requests) == Answers(compiled, requests) else {
                Issue.record("\(seed), case \(number)")
                return
            }
        }
    }

    @Test("compiles a rule that has changed, and every rule in another boot")
    func changed() throws {
        let rules = try (0..<10).map { try Fixture.rule("r\($0)") }
        let former = CompiledPolicy(rules: rules, revision: 1, sha256: "", bootID: "this")
        var other = rules
        other[3].rights = .read
        other[4].anchor = TimeAnchor(bootID: "this", bootUSec: 1, wallUSec: 1)
        #expect(
            CompiledPolicy(rules: other, revision: 2, sha256: "", bootID: "this", former: former).compiledCount == 2)
        #expect(
            CompiledPolicy(rules: rules, revision: 2, sha256: "", bootID: "that", former: former).compiledCount == 10)
    }
}

@Suite("What questions leave out")
struct QuestionShortcutTests {
    @Test("is what could not change an answer")
    func leftOut() {
        let seed = Seed()
        var random = RandomPolicy(random: seed.generator)
        for number in 0..<Soak.count(300, full: 20_000) {
            let policy = CompiledPolicy(rules: random.rules(), revision: 1, sha256: "", bootID: "this")
            let all = policy.active.filter { $0.effect == .forbid }
            let forbids = Forbids(policy.active)
            for permit in policy.active where permit.effect == .permit {
                let subject = Subject(uid: random.random.one(RandomPolicy.uids))
                for callers in permit.rule.to.eachPrincipal + [permit.rule.to.narrowed(to: subject), permit.rule.to] {
                    let name = random.random.chance(4) ? nil : random.name()
                    let action = random.random.one(Action.allCases)
                    let found = forbids.thatMayConcern(action, name, callers).map(\.rule.id)
                    let expected = all.filter { forbid in
                        let isNamed = !action.takesCapability || name.map(forbid.names) ?? true
                        let isOfOthers = callers.excludes(forbid.rule.to) && !callers.implies(forbid.rule.to)
                        return found.contains(forbid.rule.id) || (isNamed && !isOfOthers)
                    }
                    guard found == expected.map(\.rule.id) else {
                        Issue.record("\(seed), case \(number): \(found) for \(callers) and \(name?.text ?? "all")")
                        return
                    }
                }
            }
        }
    }

    @Test("the names that rules match are those that each pattern by itself matches")
    func names() {
        let seed = Seed()
        var random = RandomPolicy(random: seed.generator)
        for number in 0..<Soak.count(300, full: 20_000) {
            let rules = random.rules()
            let names = Set((0..<10).map { _ in random.name() })
            let capabilities = names.map { Capability(name: $0, source: .pipe) }
            let known = KnownNames(of: rules, capabilities)
            for (position, rule) in rules.enumerated() {
                let found = known.capabilities(ofRule: position).map(\.name)
                let expected = names.filter { name in rule.capabilities.contains { $0.matches(name) } }.sorted()
                let unmatched = rule.capabilities.filter { pattern in !names.contains { pattern.matches($0) } }
                guard found == expected, known.unmatched(ofRule: position) == unmatched else {
                    Issue.record("\(seed), case \(number): \(found) for \(rule.document)")
                    return
                }
            }
        }
    }

    @Test("whether anybody administers is found as if each permit were held against each forbid")
    func admin() {
        let seed = Seed()
        var random = RandomPolicy(random: seed.generator)
        var answers: Set<Bool> = []
        for number in 0..<Soak.count(2000, full: 100_000) {
            let rules = (0..<4).map { place in
                var rule = random.rule(id: "r\(place)")
                (rule.actions, rule.capabilities) = (ActionSet(.admin), [])
                return rule
            }
            let policy = CompiledPolicy(rules: rules, revision: 1, sha256: "", bootID: "this")
            let forbids = rules.filter { $0.effect == .forbid }
            let expected = rules.contains { permit in
                permit.effect == .permit && !permit.conditions.hasTimes
                    && !forbids.contains { permit.to.implies($0.to) }
            }
            answers.insert(expected)
            guard policy.permitsAnybodyAdmin == expected else {
                Issue.record("\(seed), case \(number): \(rules.map(\.document))")
                return
            }
        }
        #expect(answers.count == 2, "\(seed)")
    }
}

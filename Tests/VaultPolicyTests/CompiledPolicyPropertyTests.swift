// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultPolicy
import VaultTestKit

@Suite("The compiled policy, on random policies and requests")
struct CompiledPolicyPropertyTests {
    private static let requestsEach = 10
    private static var cases: Int { Soak.count(2000, full: 100_000) / requestsEach }

    @Test("decides as the plain reference does, whatever the order of the rules")
    func agreesWithReference() {
        let seed = Seed()
        var random = RandomPolicy(random: seed.generator)
        var permitted = 0
        for number in 0..<Self.cases {
            let rules = random.rules()
            let suspended = Set(rules.filter { _ in random.random.chance(10) }.map(\.id))
            let reference = ReferenceEvaluator(rules: rules.filter { !suspended.contains($0.id) }, bootID: "this")
            let policy = CompiledPolicy(
                rules: rules.shuffled(using: &random.random), suspended: suspended, revision: 1, sha256: "",
                bootID: "this")
            for _ in 0..<Self.requestsEach {
                let request = random.request()
                let counters = random.counters()
                let decision = policy.decide(request, counters: counters)
                let answer = ReferenceEvaluator.Answer(
                    isPermitted: decision.isPermitted, rights: decision.rights, charged: decision.charged?.id,
                    rules: Set(decision.rules))
                let expected = reference.decide(request, counters)
                guard answer == expected, decision.rules.count == Set(decision.rules).count else {
                    Issue.record(
                        "\(seed), case \(number): \(answer), expected \(expected) for \(request) under \(rules.map(\.document))"
                    )
                    return
                }
                permitted += decision.isPermitted ? 1 : 0
            }
        }
        // Often a policy permits all of its ten requests or none, so that the sum varies: 178 of 2,000 have been seen.
        #expect(permitted > Self.cases / 4, "\(seed): the policies must permit something, too")
    }

    @Test("a name is visible to whom it permits to list it, in a policy that was narrowed too")
    func visible() {
        let seed = Seed()
        var random = RandomPolicy(random: seed.generator)
        var visibleCount = 0
        for number in 0..<Self.cases {
            let rules = random.rules()
            var policy = CompiledPolicy(rules: rules, suspended: [], revision: 1, sha256: "", bootID: "this")
            if random.random.chance(2) {
                let removed = Set(rules.filter { _ in random.random.chance(4) }.map(\.id))
                policy = policy.narrowed(removed: removed, suspended: [], revision: 2, sha256: "")
            }
            var request = random.request()
            request.action = .list
            request.asked = nil
            var visible = VisibleNames(policy, request)
            for _ in 0..<Self.requestsEach {
                guard let name = random.request().name else { continue }
                request.name = name
                let isPermitted = policy.decide(request, counters: random.counters()).isPermitted
                visibleCount += isPermitted ? 1 : 0
                guard visible.contains(name) != isPermitted else { continue }
                Issue.record("\(seed), case \(number): \(name) for \(request) under \(rules.map(\.document))")
                return
            }
        }
        #expect(visibleCount > Self.cases / 4, "\(seed): something is to be visible, too")
    }

    @Test("what it says is lasting it says at any other time, and whatever was used")
    func lasting() {
        let seed = Seed()
        var random = RandomPolicy(random: seed.generator)
        var lasting = 0
        for number in 0..<Self.cases {
            let policy = CompiledPolicy(rules: random.rules(), suspended: [], revision: 1, sha256: "", bootID: "this")
            for _ in 0..<Self.requestsEach {
                var request = random.request()
                let decision = policy.decide(request, counters: random.counters())
                guard decision.isLasting else { continue }
                lasting += 1
                let later = random.request()
                (request.wallUSec, request.bootUSec) = (later.wallUSec, later.bootUSec)
                request.clockIsTrusted = later.clockIsTrusted
                let again = policy.decide(request, counters: random.counters())
                let isSame =
                    again.isPermitted && again.rights == decision.rights && again.rules == decision.rules
                    && again.charged?.id == decision.charged?.id && !decision.isFollowed
                guard isSame else {
                    Issue.record("\(seed), case \(number): \(decision), later \(again) for \(request)")
                    return
                }
            }
        }
        #expect(lasting > Self.cases / 10, "\(seed)")
    }

    @Test("never allows more after a forbid was added")
    func forbidNeverAllowsMore() {
        compare(adding: .forbid) { before, after in after.isSubset(of: before) }
    }

    @Test("never allows less after a permit was added")
    func permitNeverAllowsLess() {
        compare(adding: .permit) { before, after in before.isSubset(of: after) }
    }

    /// What may be had: each set of rights that can be asked for, and whether anything is given to who asks for as
    /// much as may be had (which is the empty set here).
    private func compare(adding effect: Effect, _ holds: (Set<UInt8>, Set<UInt8>) -> Bool) {
        let seed = Seed()
        var random = RandomPolicy(random: seed.generator)
        var mattered = 0
        for number in 0..<(Self.cases) {
            let rules = random.rules()
            let added = random.rule(id: "r\(rules.count)", effect: effect)
            let before = CompiledPolicy(rules: rules, revision: 1, sha256: "", bootID: "this")
            let after = CompiledPolicy(rules: rules + [added], revision: 2, sha256: "", bootID: "this")
            for _ in 0..<Self.requestsEach {
                let request = random.request()
                let counters = random.counters()
                let (less, more) = (allowed(before, request, counters), allowed(after, request, counters))
                guard holds(less, more) else {
                    Issue.record("\(seed), case \(number): \(added.document) on \(rules.map(\.document))")
                    return
                }
                if less != more { mattered += 1 }
            }
        }
        #expect(mattered > 0, "\(seed): a rule that is added must change something at times")
    }

    private func allowed(_ policy: CompiledPolicy, _ request: DecisionRequest, _ counters: FixedCounters)
        -> Set<UInt8>
    {
        var request = request
        return Set(
            (UInt8(0)...15).filter { rights in
                request.asked = rights == 0 ? nil : Rights(rawValue: rights)
                return policy.decide(request, counters: counters).isPermitted
            })
    }

    @Test("lists for a denial what failed, a bounded number of it")
    func failuresAreBounded() {
        let seed = Seed()
        var random = RandomPolicy(random: seed.generator)
        for _ in 0..<Self.cases {
            let rules = random.rules()
            let policy = CompiledPolicy(rules: rules, revision: 1, sha256: "", bootID: "this")
            let request = random.request()
            let decision = policy.decide(request, counters: UnusedCounters())
            #expect(decision.failed.count <= Decision.maximumFailures, "\(seed)")
            #expect(decision.rules.count <= Decision.maximumRules, "\(seed)")
            guard !decision.isPermitted, decision.why != .forbidden else {
                #expect(decision.failed.isEmpty, "\(seed)")
                continue
            }
            let permits = rules.filter { rule in
                rule.effect == .permit && rule.actions.permitted.contains(request.action)
                    && (!request.action.takesCapability
                        || rule.capabilities.contains { pattern in request.name.map(pattern.matches) ?? false })
            }
            #expect(decision.failed.isEmpty == permits.isEmpty, "\(seed)")
            #expect(Set(decision.failed.map(\.rule)).isSubset(of: permits.map(\.id)), "\(seed)")
        }
    }
}

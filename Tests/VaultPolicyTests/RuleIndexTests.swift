// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultTestKit

@testable import VaultPolicy

@Suite("The index of rules")
struct RuleIndexTests {
    /// Policies of one shape with any number of rules, and a request that one of them permits.
    private struct Shape: Sendable {
        let name: String
        let rule: @Sendable (Int) throws -> Rule
        let request: @Sendable (Int) throws -> DecisionRequest
    }

    private static let shapes: [Shape] = [
        Shape(name: "each user their own names") {
            try Fixture.rule(
                "r\($0)", .permit, [.open], ["service-\($0)/logs/*"], to: SelectorSet(uids: [UInt32(10_000 + $0)]))
        } request: {
            try Fixture.request(Identity(uid: UInt32(10_000 + $0), gid: 1), .open, "service-\($0)/logs/access")
        },
        Shape(name: "many users of one name") {
            try Fixture.rule("r\($0)", .permit, [.open], ["shared/data"], to: SelectorSet(uids: [UInt32(10_000 + $0)]))
        } request: {
            try Fixture.request(Identity(uid: UInt32(10_000 + $0), gid: 1), .open, "shared/data")
        },
        Shape(name: "many names of one user") {
            try Fixture.rule("r\($0)", .permit, [.open], ["jobs/job-\($0)"], to: SelectorSet(uids: [1000]))
        } request: {
            try Fixture.request(Identity(uid: 1000, gid: 1), .open, "jobs/job-\($0)")
        },
        Shape(name: "patterns that differ behind a star") {
            try Fixture.rule("r\($0)", .permit, [.open], ["**/*-\($0)"], to: SelectorSet(gids: [4]))
        } request: {
            try Fixture.request(Identity(uid: 1000, gid: 1, groups: [4]), .open, "jobs/some/job-\($0)")
        },
        Shape(name: "units") {
            try Fixture.rule(
                "r\($0)", .permit, [.open], ["data/**"], to: SelectorSet(units: Fixture.patterns("s\($0).service")))
        } request: {
            let caller = Identity(uid: 1000, gid: 1, unit: .known("s\($0).service"), unitIsOfSystemManager: true)
            return try Fixture.request(caller, .open, "data/x")
        },
        Shape(name: "forbids for others") { number in
            guard number > 0 else { return try Fixture.rule("r", to: SelectorSet(uids: [1000])) }
            return try Fixture.rule("f\(number)", .forbid, to: SelectorSet(uids: [UInt32(10_000 + number)]))
        } request: { _ in
            try Fixture.request()
        },
    ]

    @Test("leaves as few rules to look at among 10,000 as among 10")
    func few() throws {
        for shape in Self.shapes {
            for count in [10, 10_000] {
                let policy = Fixture.policy(try (0..<count).map(shape.rule))
                for number in stride(from: 0, to: count, by: count / 10) {
                    let request = try shape.request(number)
                    let candidates = policy.index.candidates(policy.index.patterns(request), request.identity)
                    // "job-17" also ends in "-7" nowhere, but `*-7` and `*-17` are different patterns.
                    #expect(candidates.count == 1, "\(shape.name), \(count) rules, number \(number)")
                    #expect(policy.decide(request, counters: UnusedCounters()).isPermitted, "\(shape.name), \(number)")
                }
            }
        }
    }

    @Test("finds the forbids of a principal that is not known")
    func unknownPrincipal() throws {
        let forbids = [
            try Fixture.rule("uid", .forbid, to: SelectorSet(uids: [1])),
            try Fixture.rule("gid", .forbid, to: SelectorSet(gids: [1])),
            try Fixture.rule("label", .forbid, to: SelectorSet(labels: Fixture.patterns("l"))),
            try Fixture.rule("unit", .forbid, to: SelectorSet(units: Fixture.patterns("u.service"))),
        ]
        let policy = Fixture.policy(forbids + [try Fixture.rule("permit")])
        let caller = Identity(uid: 65534, gid: 65534, pin: .weak, unit: .known(nil), idMapIsIdentity: false)
        let decision = policy.decide(try Fixture.request(caller), counters: UnusedCounters())
        #expect(decision.rules == ["gid", "label", "uid", "unit"])
        let known = Identity(uid: 2, gid: 2, label: .known(nil), unit: .known(nil))
        #expect(policy.decide(try Fixture.request(known), counters: UnusedCounters()).isPermitted)
    }

    @Test("A hostile name costs no more than its length allows")
    func hostileName() throws {
        let pattern = "**/" + Array(repeating: "*a*a*a*", count: 8).joined(separator: "/**/") + "/b"
        let policy = Fixture.policy([try Fixture.rule("r", .permit, [.open], [pattern])])
        let name = Array(repeating: String(repeating: "a", count: 15), count: 15).joined(separator: "/")
        let clock = ContinuousClock()
        let start = clock.now
        #expect(
            !policy.decide(try Fixture.request(.init(uid: 1, gid: 1), .open, name), counters: UnusedCounters())
                .isPermitted)
        #expect(clock.now - start < .seconds(2))
    }

    @Test("agrees with matching each pattern by itself, on random patterns and names")
    func trie() throws {
        let seed = Seed()
        var random = RandomPolicy(random: seed.generator)
        for _ in 0..<Soak.count(1000, full: 50_000) {
            let patterns = (0..<Int.random(in: 1...20, using: &random.random)).map { _ in random.pattern() }
            let trie = PatternTrie(patterns)
            for _ in 0..<5 {
                let name = random.name()
                var found: [Int32] = []
                trie.match(name, into: &found)
                let expected = Set(zip(patterns, trie.numbers).filter { $0.0.matches(name) }.map(\.1))
                guard Set(found) == expected, found.count == expected.count else {
                    Issue.record("\(seed): \(name) under \(patterns): \(found), expected \(expected)")
                    return
                }
            }
        }
        #expect(PatternTrie([]).count == 0)
    }
}

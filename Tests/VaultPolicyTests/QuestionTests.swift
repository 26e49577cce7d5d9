// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultPolicy

@Suite("Questions to a policy")
struct QuestionTests {
    private static let alice = NamedID(name: "alice", id: 1000)

    @Test("explain says for each rule and selector what was wanted, what was found, whether it matched")
    func explain() throws {
        let rules = [
            try Fixture.rule("a-other-name", .permit, [.open], ["x/*"]),
            try Fixture.rule("b-other-action", .permit, [.list], ["a/*"]),
            try Fixture.rule(
                "c-permit", .permit, [.open], ["a/*"],
                to: SelectorSet(users: [Self.alice], units: try Fixture.patterns("a.service")), rights: .read,
                when: Conditions(notAfterUSec: Fixture.noon + 1, uses: Limit(inAll: 3))),
            try Fixture.rule("d-forbid", .forbid, [.open], ["**"], to: SelectorSet(gids: [7])),
            try Fixture.rule("e-suspended"),
        ]
        let policy = Fixture.policy(rules, suspended: ["e-suspended"])
        let caller = Identity(uid: 1000, gid: 100, groups: [4], userName: "alice", unit: .unknown("not read"))
        let explanation = policy.explain(
            try Fixture.request(caller, asked: .write), counters: WrittenCounters(used: ["c-permit": 1]))
        func finding(_ rule: String, _ selector: String, _ wanted: String, _ got: String?, _ matched: Bool?) -> Finding
        {
            Finding(rule: rule, selector: selector, wanted: wanted, got: got, matched: matched)
        }
        #expect(
            explanation.findings == [
                finding("a-other-name", "capability", "x/*", "a/b", false),
                finding("b-other-action", "permit", "list", "open", false),
                finding("c-permit", "permit", "open, list", "open", true),
                finding("c-permit", "capability", "a/*", "a/b", true),
                finding("c-permit", "user", "alice", "alice (1000)", true),
                finding("c-permit", "unit", "a.service", nil, nil),
                finding("c-permit", "not-after", "2026-01-05T12:00:00.000001Z", "2026-01-05T12:00:00Z", true),
                finding("c-permit", "rights", "at most read", "write", false),
                finding("c-permit", "uses", "fewer than 3", "1", true),
                finding("d-forbid", "forbid", "open", "open", true),
                finding("d-forbid", "capability", "**", "a/b", true),
                finding("d-forbid", "gid", "7", "100, 4", false),
                finding("e-suspended", "suspended", "a rule in force", "suspended", false),
            ])
        #expect(!explanation.decision.isPermitted)
    }

    @Test("who-can answers from the rules and says which conditions remain")
    func whoCan() throws {
        let rules = [
            try Fixture.rule("a", .permit, [.open], ["logs/*"], to: SelectorSet(users: [Self.alice]), rights: .read),
            try Fixture.rule(
                "b", .permit, [.open, .remove], ["logs/**"],
                to: SelectorSet(gids: [4], units: try Fixture.patterns("x.service", "y.service")),
                when: Conditions(
                    notBeforeUSec: Fixture.noon, notAfterUSec: Fixture.noon + 1_000_000,
                    hours: [Hours(start: 0, end: 60, zone: .utc)], leaseUSec: DurationText.minute,
                    uses: Limit(inAll: 3, perPrincipal: 1), outstanding: Limit(inAll: 2),
                    rate: Limit(
                        inAll: [.init(count: 1, windowUSec: 1_000_000)],
                        perPrincipal: [.init(count: 2, windowUSec: 1_000_000)]),
                    needsReason: true)),
            try Fixture.rule("c", .permit, [.open], ["secrets/*"]),
            try Fixture.rule("d", .permit, [.open], ["logs/web"], to: SelectorSet(uids: [1001])),
            // Takes from d all, from b the right to write, and nothing from a.
            try Fixture.rule("f1", .forbid, [.open], ["logs/web"], to: SelectorSet(uids: [1001])),
            try Fixture.rule("f2", .forbid, [.open], ["logs/*"], to: SelectorSet(gids: [4]), rights: [.write]),
            try Fixture.rule(
                "f3", .forbid, [.open], ["logs/*"], to: SelectorSet(exes: try Fixture.patterns("/bin/sh"))),
        ]
        let answers = Fixture.policy(rules).whoCan(
            try CapabilityName("logs/web"), action: .open, offered: [.read, .write])
        #expect(answers.map(\.rule) == ["a", "b"])
        #expect(answers.map(\.rights) == [.read, .read])
        #expect(answers[0].conditions == ["unless the rule f3 forbids it: exe is /bin/sh"])
        #expect(
            answers[1].conditions == [
                "unit is x.service or y.service", "not before 2026-01-05T12:00:00Z", "not after 2026-01-05T12:00:01Z",
                "only 00:00-01:00 UTC", "a reason is given", "at most 3 uses", "at most 1 uses per principal",
                "at most 2 outstanding", "at most 1/s", "at most 2/s per principal", "for 1m at a time",
                "unless the rule f1 forbids it: uid is 1001", "unless the rule f3 forbids it: exe is /bin/sh",
            ])
        #expect(answers[0].to.users == [Self.alice] && answers[0].name == "logs/web")
        #expect(Fixture.policy(rules).whoCan(try CapabilityName("logs/web"), action: .remove).map(\.rule) == ["b"])
        #expect(
            Fixture.policy(rules).whoCan(try CapabilityName("logs/web"), action: .list).map(\.rule) == ["a", "b", "d"])
    }

    @Test("what-can answers for a caller of whom something is said, name by name")
    func whatCan() throws {
        let rules = [
            try Fixture.rule(
                "a", .permit, [.open, .remove], ["logs/*"], to: SelectorSet(users: [Self.alice]), rights: .read),
            try Fixture.rule(
                "b", .permit, [.open], ["secrets/**"],
                to: SelectorSet(gids: [4], units: try Fixture.patterns("x.service"))),
            try Fixture.rule("c", .permit, [.open], ["**"], to: SelectorSet(uids: [1001])),
            try Fixture.rule("d", .permit, [.admin], [], to: SelectorSet(users: [Self.alice])),
            try Fixture.rule("f", .forbid, [.open], ["logs/secret"], to: .anyone),
            try Fixture.rule("g", .forbid, [.open], ["secrets/deep/**"], to: SelectorSet(gids: [4])),
        ]
        let capabilities = ["logs/web", "logs/secret", "other"].compactMap { name in
            (try? CapabilityName(name)).map { Capability(name: $0, source: .pipe, rights: [.read, .write]) }
        }
        let answers = Fixture.policy(rules).whatCan(Subject(uid: 1000, gid: 4), capabilities: capabilities)
        #expect(
            answers.map { "\($0.rule) \($0.name ?? "-") \($0.actions.words.joined(separator: "+")) \($0.rights)" } == [
                "a logs/secret remove none", "a logs/web open+remove read",
                "b secrets/** open read, write, append, use",
                "d - admin none",
            ])
        #expect(answers[0].conditions.isEmpty && answers[1].conditions.isEmpty)
        #expect(
            answers[2].conditions == [
                "unit is x.service", "unless the rule g forbids it: gid is 4, capability is secrets/deep/**",
            ])
        let unsaid = Fixture.policy(rules).whatCan(Subject(), capabilities: capabilities)
        #expect(unsaid.contains { $0.rule == "c" && $0.conditions.contains("uid is 1001") })
    }

    @Test("Of a rule that names several, who-can answers for each and what-can for the one that was asked about")
    func severalPrincipals() throws {
        let users = SelectorSet(users: [Self.alice, NamedID(name: "web", id: 33)])
        let rules = [
            try Fixture.rule("a", .permit, [.open], ["logs/*"], to: users),
            try Fixture.rule("b", .permit, [.open], ["logs/*"], to: SelectorSet(gids: [4, 5])),
            try Fixture.rule("c", .permit, [.open], ["logs/*"], to: SelectorSet(units: try Fixture.patterns("x", "y"))),
            try Fixture.rule("d", .permit, [.open], ["logs/*"], to: SelectorSet(uids: [1, 33], gids: [5, 6])),
            // Nobody is both.
            try Fixture.rule("e", .permit, [.open], ["logs/*"], to: SelectorSet(users: [Self.alice], uids: [33])),
            try Fixture.rule("f", .forbid, [.open], ["logs/*"], to: SelectorSet(uids: [1000])),
        ]
        let policy = Fixture.policy(rules)
        func rows(_ answers: [Answer], besides condition: String? = nil) -> [String] {
            answers.map { answer in
                let who = answer.to.principal
                let words = [
                    who?.uid.map { "uid \($0)" }, who?.gid.map { "gid \($0)" }, who?.unit.map { "unit \($0)" },
                ]
                let conditions = answer.conditions.filter { !$0.hasPrefix("unless") }
                return ([answer.rule] + words.compactMap(\.self) + conditions).joined(separator: ", ")
            }
        }
        let name = try CapabilityName("logs/web")
        #expect(
            rows(policy.whoCan(name, action: .open)) == [
                // Of the users of a, alice is surely forbidden it.
                "a, uid 33", "b, gid 4", "b, gid 5", "c, unit x", "c, unit y", "d, uid 1, gid is 5 or 6",
                "d, uid 33, gid is 5 or 6",
            ])
        let capabilities = [Capability(name: name, source: .pipe, rights: [.read])]
        #expect(
            rows(policy.whatCan(Subject(uid: 33, gid: 33, groups: [5]), capabilities: capabilities)) == [
                "a, uid 33", "b, gid 5", "c, unit is x or y", "d, uid 33",
            ])
        #expect(rows(policy.whatCan(Subject(uid: 1000, gid: 9, unit: "x"), capabilities: capabilities)) == [])
        #expect(
            rows(policy.whatCan(Subject(unit: "x"), capabilities: capabilities)).first == "a, user is alice or web")
    }

    @Test("A policy tells whether somebody may administer at any time")
    func anybodyAdmin() throws {
        func permitsAnybody(_ rules: [Rule], suspended: Set<String> = []) -> Bool {
            Fixture.policy(rules, suspended: suspended).permitsAnybodyAdmin
        }
        let admin = try Fixture.rule("a", .permit, [.admin], [], to: SelectorSet(users: [Self.alice]))
        #expect(permitsAnybody([admin]))
        #expect(permitsAnybody(Rule.bootstrap(owner: Self.alice)))
        #expect(!permitsAnybody([]))
        #expect(!permitsAnybody([admin], suspended: ["a"]))
        #expect(!permitsAnybody([try Fixture.rule("o")]))
        var expiring = admin
        expiring.conditions.notAfterUSec = .max
        #expect(!permitsAnybody([expiring]))
        let forbids = [
            (SelectorSet.anyone, false), (SelectorSet(uids: [1000, 7]), false), (SelectorSet(uids: [7]), true),
            (SelectorSet(exes: try Fixture.patterns("/x")), true),
        ]
        for (to, expected) in forbids {
            #expect(permitsAnybody([admin, try Fixture.rule("f", .forbid, [.admin], [], to: to)]) == expected)
        }
    }

    @Test("diff lists what was added, removed, changed, and what a name now stands for")
    func changes() throws {
        let name = try CapabilityName("a")
        let before = [
            try Fixture.rule("changed", .permit, [.open]), try Fixture.rule("gone"), try Fixture.rule("same"),
            try Fixture.rule("name", to: SelectorSet(users: [Self.alice])),
        ]
        var moved = before[2]
        moved.place = Place(path: "p", line: 1, column: 1)
        moved.origin = .file("p")
        let after = [
            try Fixture.rule("changed", .permit, [.list]), moved, try Fixture.rule("added"),
            try Fixture.rule("name", to: SelectorSet(users: [NamedID(name: "alice", id: 7)])),
        ]
        let pipe = Capability(name: name, source: .pipe)
        let fifo = Capability(name: name, source: .fifo(path: "/f", create: nil))
        #expect(
            Change.changes(from: ([pipe], before), to: ([fifo], after)) == [
                Change(kind: .capabilityChange, subject: "a", before: pipe.document, after: fifo.document),
                Change(kind: .ruleAdd, subject: "added", before: nil, after: after[2].document),
                Change(kind: .ruleChange, subject: "changed", before: before[0].document, after: after[0].document),
                Change(kind: .ruleRemove, subject: "gone", before: before[1].document, after: nil),
                Change(kind: .ruleResolve, subject: "name", before: "user alice=1000", after: "user alice=7"),
            ])
        #expect(Change.changes(from: ([pipe], before), to: ([pipe], before.reversed())).isEmpty)
        #expect(Change.changes(from: ([], []), to: ([pipe], [])).map(\.kind) == [.capabilityAdd])
    }
}

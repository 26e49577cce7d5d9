// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultPolicy

@Suite("Decisions")
struct DecisionTests {
    @Test("Default deny")
    func defaultDeny() throws {
        for action in Action.allCases {
            let decision = Fixture.decide([], try Fixture.request(Identity(uid: 0, gid: 0), action))
            #expect(!decision.isPermitted && decision.why == .noPermit && decision.charged == nil)
        }
    }

    @Test("Any matching forbid wins")
    func forbidWins() throws {
        let rules = [
            try Fixture.rule("z-permit", to: SelectorSet(uids: [1000])),
            try Fixture.rule("a-forbid", .forbid, [.open], ["a/*"]),
        ]
        let decision = Fixture.decide(rules, try Fixture.request())
        #expect(decision.why == .forbidden && decision.rules == ["a-forbid"] && decision.failed.isEmpty)
        #expect(Fixture.decide(rules, try Fixture.request(.init(uid: 1000, gid: 1), .open, "c")).isPermitted)
    }

    @Test("Suspended rules do not count, and can still be looked up")
    func suspended() throws {
        let rules = [try Fixture.rule("p"), try Fixture.rule("f", .forbid)]
        let policy = Fixture.policy(rules, suspended: ["f"])
        #expect(policy.decide(try Fixture.request(), counters: UnusedCounters()).isPermitted)
        #expect(policy.rule("f")?.effect == .forbid && policy.rule("g") == nil && policy.suspended == ["f"])
    }

    @Test("open, deposit, remove include list, for permits only")
    func listIsIncluded() throws {
        let list = try Fixture.request(Identity(uid: 1, gid: 1), .list)
        for action in [Action.open, .deposit, .remove] {
            #expect(Fixture.decide([try Fixture.rule("p", .permit, [action])], list).isPermitted)
            let forbid = try Fixture.rule("f", .forbid, [action])
            #expect(Fixture.decide([try Fixture.rule("p", .permit, [.list]), forbid], list).isPermitted)
        }
        #expect(!Fixture.decide([try Fixture.rule("p", .permit, [.watch])], list).isPermitted)
    }

    @Test("A name is hidden neither by used-up counters nor by a missing reason")
    func listAsksForNoGrant() throws {
        let rule = try Fixture.rule("p", when: Conditions(uses: Limit(inAll: 1), needsReason: true))
        let counters = WrittenCounters(used: ["p": 1])
        let policy = Fixture.policy([rule])
        #expect(policy.decide(try Fixture.request(.init(uid: 1, gid: 1), .list), counters: counters).isPermitted)
        #expect(!policy.decide(try Fixture.request(), counters: counters).isPermitted)
    }

    @Test("admin and audit take no capability")
    func broker() throws {
        let rules = [try Fixture.rule("p", .permit, [.admin], []), try Fixture.rule("q")]
        #expect(Fixture.decide(rules, try Fixture.request(.init(uid: 1, gid: 1), .admin)).charged?.id == "p")
        #expect(!Fixture.decide(rules, try Fixture.request(.init(uid: 1, gid: 1), .audit)).isPermitted)
        var nameless = try Fixture.request(.init(uid: 1, gid: 1), .admin)
        nameless.name = nil
        #expect(Fixture.decide(rules, nameless).isPermitted)
        nameless.action = .open
        #expect(!Fixture.decide(rules, nameless).isPermitted)
    }

    @Test("Omitted rights mean as much as may be had")
    func asMuchAsMayBeHad() throws {
        let rules = [try Fixture.rule("p", rights: [.read, .write])]
        #expect(Fixture.decide(rules, try Fixture.request(offered: [.read, .append])).rights == .read)
        #expect(Fixture.decide(rules, try Fixture.request(offered: [.use])).why == .rightsExceeded)
        #expect(Fixture.decide([try Fixture.rule("p")], try Fixture.request(offered: .use)).rights == .use)
    }

    @Test("Asking for more than may be had is a denial, not a silent cut")
    func moreThanMayBeHad() throws {
        let rules = [try Fixture.rule("p", rights: .read)]
        #expect(Fixture.decide(rules, try Fixture.request(asked: .read)).rights == .read)
        let tooMuch = Fixture.decide(rules, try Fixture.request(asked: [.read, .write]))
        #expect(tooMuch.why == .rightsExceeded && tooMuch.rights.isEmpty)
        #expect(
            tooMuch.failed == [
                SelectorFailure(rule: "p", selector: "rights", wanted: "at most read", got: "read, write")
            ])
        let notOffered = Fixture.decide([try Fixture.rule("p")], try Fixture.request(asked: .write, offered: .read))
        #expect(notOffered.why == .rightsExceeded)
        #expect(notOffered.failed.first?.wanted == "at most read, which the capability has")
        #expect(!Fixture.decide(rules, try Fixture.request(asked: [])).isPermitted)
    }

    @Test("One permit alone must cover what is asked; permits are never added up")
    func neverAddedUp() throws {
        let rules = [try Fixture.rule("r", rights: .read), try Fixture.rule("w", rights: .write)]
        #expect(Fixture.decide(rules, try Fixture.request(asked: .write)).charged?.id == "w")
        #expect(!Fixture.decide(rules, try Fixture.request(asked: [.read, .write])).isPermitted)
        #expect(Fixture.decide(rules, try Fixture.request()).rights == .read)
    }

    @Test("A forbid with rights matches a request for any of them")
    func forbidOfRights() throws {
        let rules = [try Fixture.rule("p"), try Fixture.rule("f", .forbid, rights: [.write, .append])]
        #expect(Fixture.decide(rules, try Fixture.request(asked: .read)).isPermitted)
        #expect(Fixture.decide(rules, try Fixture.request(asked: [.read, .append])).rules == ["f"])
        // Who asks for as much as may be had gets what the forbid leaves.
        let rest = Fixture.decide(rules, try Fixture.request(offered: [.read, .write]))
        #expect(rest.rights == .read && rest.rules == ["p", "f"] && rest.charged?.id == "p")
        let nothing = Fixture.decide(rules, try Fixture.request(offered: .write))
        #expect(nothing.why == .forbidden && nothing.rules == ["f"])
        #expect(Fixture.decide(rules, try Fixture.request(.init(uid: 1, gid: 1), .list)).isPermitted)
        #expect(Fixture.decide([rules[1]], try Fixture.request(offered: .write)).why == .noPermit)
    }

    @Test(
        "The one charged leaves most rights, then no lease, then the longest, then no counter, then the most left, then the smallest id"
    )
    func chargedOrder() throws {
        var rules = [
            try Fixture.rule("h", rights: [.read, .write], when: Conditions(leaseUSec: 5, uses: Limit(inAll: 1))),
            try Fixture.rule("g", rights: .read),
            try Fixture.rule("f", rights: .read),
            try Fixture.rule("e", rights: .read, when: Conditions(uses: Limit(inAll: 9))),
            try Fixture.rule("d", rights: .read, when: Conditions(uses: Limit(inAll: 8))),
            try Fixture.rule("c", rights: .read, when: Conditions(leaseUSec: 10)),
            try Fixture.rule("b", rights: .read, when: Conditions(leaseUSec: 9)),
            try Fixture.rule("a", rights: .read, when: Conditions(leaseUSec: 9, uses: Limit(inAll: 100))),
        ]
        var order: [String] = []
        while let charged = Fixture.decide(rules.shuffled(), try Fixture.request()).charged {
            order.append(charged.id)
            rules.removeAll { $0.id == charged.id }
        }
        #expect(order == ["h", "f", "g", "e", "d", "c", "b", "a"])
    }

    @Test(
        "A used-up counter makes a permit not match: uses, outstanding and every window of the rate, in all and per principal"
    )
    func usedUp() throws {
        let limits: [(Conditions, WrittenCounters)] = [
            (Conditions(uses: Limit(inAll: 2)), WrittenCounters(used: ["p": 2])),
            (Conditions(uses: Limit(inAll: 9, perPrincipal: 2)), WrittenCounters(used: ["p/1000": 3])),
            (Conditions(outstanding: Limit(inAll: 2)), WrittenCounters(outstanding: ["p": 2])),
            (Conditions(outstanding: Limit(perPrincipal: 2)), WrittenCounters(outstanding: ["p/1000": 2])),
            (
                Conditions(
                    rate: Limit(inAll: [.init(count: 9, windowUSec: 7), .init(count: 2, windowUSec: 1)])),
                WrittenCounters(recent: ["p:1": 2])
            ),
            (
                Conditions(rate: Limit(perPrincipal: [.init(count: 2, windowUSec: 1)])),
                WrittenCounters(recent: ["p/1000:1": 2])
            ),
        ]
        for (conditions, counters) in limits {
            let policy = Fixture.policy([try Fixture.rule("p", when: conditions)])
            #expect(policy.decide(try Fixture.request(), counters: UnusedCounters()).isPermitted)
            let decision = policy.decide(try Fixture.request(), counters: counters)
            #expect(decision.why == .usedUp && decision.failed.count == 1)
            let other = try Fixture.request(Identity(uid: 7, gid: 7))
            let isPerPrincipal = decision.failed.first?.wanted.hasSuffix("per principal") == true
            #expect(policy.decide(other, counters: counters).isPermitted == isPerPrincipal)
        }
    }

    @Test("A reason that is required must be given")
    func reason() throws {
        let rules = [try Fixture.rule("p", when: Conditions(needsReason: true))]
        #expect(Fixture.decide(rules, try Fixture.request(reason: true)).isPermitted)
        #expect(Fixture.decide(rules, try Fixture.request()).why == .reasonRequired)
    }

    @Test("The lease of the charged rule comes with the decision")
    func lease() throws {
        let both = Fixture.decide(
            [try Fixture.rule("p", when: Conditions(leaseUSec: 5, maxLeaseUSec: 9))], try Fixture.request())
        #expect(both.leaseUSec == 5 && both.maxLeaseUSec == 9)
        let one = Fixture.decide([try Fixture.rule("p", when: Conditions(leaseUSec: 5))], try Fixture.request())
        #expect(one.maxLeaseUSec == 5)
        let none = Fixture.decide([try Fixture.rule("p")], try Fixture.request())
        #expect(none.leaseUSec == nil && none.maxLeaseUSec == nil)
    }

    @Test("Rules and failures are listed up to a bound, and the rest is counted")
    func bounds() throws {
        let permits = try (0..<40).map { try Fixture.rule("p\($0)", to: SelectorSet(uids: [1000])) }
        let permitted = Fixture.decide(permits, try Fixture.request())
        #expect(permitted.rules.count == Decision.maximumRules && permitted.rulesMore == 24)
        let denied = Fixture.decide(permits, try Fixture.request(Identity(uid: 1, gid: 1)))
        #expect(denied.failed.count == Decision.maximumFailures && denied.failedMore == 32)
        #expect(denied.failed[0] == SelectorFailure(rule: "p0", selector: "uid", wanted: "1000", got: "1"))
        let forbids = try (0..<40).map { try Fixture.rule("f\($0)", .forbid) }
        let forbidden = Fixture.decide(permits + forbids, try Fixture.request())
        #expect(forbidden.rules.count == 16 && forbidden.rulesMore == 24 && forbidden.why == .forbidden)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultModel
import VaultTestKit

@testable import VaultCore

@Suite("What is counted for rules")
struct CountersTests {
    private func rule(_ conditions: Conditions) -> Rule {
        Rule(id: "r", effect: .permit, actions: ActionSet(.open), to: .anyone, conditions: conditions, origin: .granted)
    }

    @Test("uses count in all and for each principal, and come back from the ledger")
    func uses() {
        var counters = Counters()
        let rule = rule(Conditions(uses: Limit(inAll: 10, perPrincipal: 5)))
        let moment = Moment(wallUSec: 1_000, bootUSec: 1_000)
        var stored: [RuleCounter] = []
        for _ in 0..<3 {
            for change in counters.charge(rule, uid: 7, at: moment, record: 0) {
                guard case .counter(let counter) = change else { continue }
                stored.removeAll { $0.principal == counter.principal }
                stored.append(counter)
            }
        }
        _ = counters.charge(rule, uid: 8, at: moment, record: 0)
        #expect(counters.used(rule: "r", principal: nil) == 4)
        #expect(counters.used(rule: "r", principal: 7) == 3)
        counters.adopt(stored, now: moment)
        #expect(counters.used(rule: "r", principal: nil) == 3)
        #expect(counters.used(rule: "r", principal: 7) == 3)
        #expect(counters.used(rule: "r", principal: 8) == 0)
    }

    @Test("an attempt that is rolled back has counted nothing")
    func rollBack() {
        var counters = Counters()
        let rule = rule(
            Conditions(uses: Limit(inAll: 10), rate: Limit(inAll: [RateWindow(count: 2, windowUSec: 1_000_000)])))
        let moment = Moment(wallUSec: 0, bootUSec: 50_000_000)
        _ = counters.charge(rule, uid: 1, at: moment, record: 0)
        counters.begin()
        _ = counters.charge(rule, uid: 1, at: moment, record: 0)
        _ = counters.charge(rule, uid: 1, at: moment, record: 0)
        counters.rollBack()
        counters.ask(at: Moment(wallUSec: 0, bootUSec: moment.bootUSec))
        #expect(counters.used(rule: "r", principal: nil) == 1)
        #expect(counters.recent(rule: "r", principal: nil, windowUSec: 1_000_000) == 1)
    }

    @Test("a rule that is gone takes its counts with it, and they are named for the ledger")
    func gone() {
        var counters = Counters()
        let rule = rule(Conditions(uses: Limit(inAll: 10)))
        _ = counters.charge(rule, uid: 1, at: Moment(wallUSec: 0, bootUSec: 0), record: 0)
        #expect(counters.others(than: ["other"]) == ["r"])
        #expect(counters.used(rule: "r", principal: nil) == 1, "it counts as long as it is in force")
        counters.keep(only: ["other"], before: 7)
        #expect(counters.others(than: ["other"]) == ["r"], "the ledger is told once it can be")
        // A record from before it was gone here may have uses behind it.
        counters.cleared(["r"], at: 6)
        #expect(counters.others(than: ["other"]) == ["r"])
        counters.cleared(["r"], at: 7)
        #expect(counters.others(than: ["other"]) == [])
        #expect(counters.used(rule: "r", principal: nil) == 0)
    }

    @Test("outstanding counts what is out, in all and for each principal, until it ends")
    func outstanding() {
        var counters = Counters()
        let rule = rule(Conditions(outstanding: Limit(inAll: 10)))
        let moment = Moment(wallUSec: 0, bootUSec: 0)
        #expect(counters.charge(rule, uid: 7, at: moment, record: 0).isEmpty, "it is stored as a lease")
        counters.begin()
        _ = counters.charge(rule, uid: 7, at: moment, record: 0)
        _ = counters.charge(rule, uid: 8, at: moment, record: 0)
        #expect(counters.outstanding(rule: "r", principal: nil) == 3)
        #expect(counters.outstanding(rule: "r", principal: 7) == 2)
        counters.rollBack()
        #expect(counters.outstanding(rule: "r", principal: nil) == 1)
        #expect(counters.outstanding(rule: "r", principal: 8) == 0)
        counters.ended("r", uid: 7)
        counters.ended("r", uid: 7)
        #expect(counters.outstanding(rule: "r", principal: nil) == 0, "and never less than nothing")
        counters.began("r", uid: 8)
        counters.adopt([], now: moment)
        #expect(counters.outstanding(rule: "r", principal: 8) == 0)
    }

    @Test("in no stretch of the window's length are there more uses than allowed")
    func sliding() {
        let seed = Seed()
        var generator = seed.generator
        let windowUSec: Int64 = 1_000_000
        let limit: UInt64 = 5
        var count = SlidingCount(windowUSec: windowUSec)
        var times: [Int64] = []
        var now: Int64 = 10_000_000
        for _ in 0..<5_000 {
            now += Int64.random(in: 0..<150_000, using: &generator)
            if count.count(at: now) < limit {
                count.add(1, at: now)
                times.append(now)
            }
        }
        let most = times.indices.map { end in times[...end].reversed().prefix { $0 > times[end] - windowUSec }.count }
            .max()
        #expect((most ?? 0) <= Int(limit), "\(seed)")
        #expect(times.count > 1_000, "the limit is not much stricter than it says")
    }

    @Test("what the ledger remembers of a window is taken to be as young as its newest use")
    func restart() {
        var counters = Counters()
        let stored = RuleCounter(rule: "r", principal: nil, used: 4, windowUSec: 1_000_000, startedUSec: 900)
        counters.adopt([stored], now: Moment(wallUSec: 1_000, bootUSec: 70_000_000))
        counters.ask(at: Moment(wallUSec: 0, bootUSec: 70_000_000))
        #expect(counters.recent(rule: "r", principal: nil, windowUSec: 1_000_000) == 4)
        counters.ask(at: Moment(wallUSec: 0, bootUSec: 72_000_000))
        #expect(counters.recent(rule: "r", principal: nil, windowUSec: 1_000_000) == 0)
    }

    @Test(
        "within a boot a window's age is that of the boot clock, whatever the wall clock was set to; after it the wall's"
    )
    func clockSetForward() {
        let window: Int64 = 1_000_000
        let rule = rule(Conditions(rate: Limit(inAll: [RateWindow(count: 1, windowUSec: window)])))
        var counters = Counters(bootID: "one")
        let used = Moment(wallUSec: 5_000_000, bootUSec: 70_000_000)
        let changes = counters.charge(rule, uid: 7, at: used, record: 0)
        guard case .counter(let stored)? = changes.first else { return }
        func count(boot: String, _ now: Moment) -> UInt64 {
            var counters = Counters(bootID: boot)
            counters.adopt([stored], now: now)
            counters.ask(at: now)
            return counters.recent(rule: "r", principal: nil, windowUSec: window)
        }
        let hour: Int64 = 3_600_000_000
        #expect(count(boot: "one", Moment(wallUSec: 5_000_000 + hour, bootUSec: 70_500_000)) == 1)
        #expect(count(boot: "one", Moment(wallUSec: 5_000_000 - hour, bootUSec: 72_000_000)) == 0)
        #expect(count(boot: "two", Moment(wallUSec: 5_500_000, bootUSec: 1_000)) == 1)
        #expect(count(boot: "two", Moment(wallUSec: 7_000_000, bootUSec: 1_000)) == 0)
    }

    @Test("whatever numbers the database holds, counting goes on", arguments: [Int64.min, -1, 0, 1, .max])
    func extremes(number: Int64) {
        let moment = Moment(wallUSec: 1_000, bootUSec: 1_000)
        var counters = Counters()
        counters.adopt(
            [
                RuleCounter(rule: "r", principal: nil, used: .max, windowUSec: number, startedUSec: number),
                RuleCounter(rule: "r", principal: 7, used: .max, windowUSec: 1_000, startedUSec: number),
                RuleCounter(
                    rule: "r", principal: 8, used: .max, windowUSec: 1_000, startedUSec: 0,
                    startedBoot: BootTimeStamp(bootID: "", usec: number)),
            ], now: moment)
        counters.ask(at: Moment(wallUSec: 0, bootUSec: 1_000))
        _ = counters.recent(rule: "r", principal: nil, windowUSec: number)
        _ = counters.charge(rule(Conditions(uses: Limit(inAll: .max))), uid: 7, at: moment, record: 0)
        #expect(counters.used(rule: "r", principal: nil) > 0)
        #expect(moment.moved(toWallUSec: number).wallUSec == number)
        #expect(moment.advanced(byUSec: number).bootUSec == moment.bootUSec.saturatingAdding(number))
    }
}

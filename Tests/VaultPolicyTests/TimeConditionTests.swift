// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultPolicy

@Suite("Times of rules")
struct TimeConditionTests {
    private static let noon = Fixture.noon
    private static let hour = DurationText.hour

    private func permits(
        _ conditions: Conditions, at wall: Int64 = noon, boot: Int64 = 0, trusted: Bool = true,
        anchor: TimeAnchor? = nil
    ) throws -> Bool {
        let rule = try Fixture.rule("p", when: conditions, anchor: anchor)
        return Fixture.decide([rule], try Fixture.request(at: wall, bootUSec: boot, trusted: trusted)).isPermitted
    }

    private func forbids(
        _ conditions: Conditions, at wall: Int64 = noon, boot: Int64 = 0, trusted: Bool = true,
        anchor: TimeAnchor? = nil
    ) throws -> Bool {
        let rules = [try Fixture.rule("p"), try Fixture.rule("f", .forbid, when: conditions, anchor: anchor)]
        return !Fixture.decide(rules, try Fixture.request(at: wall, bootUSec: boot, trusted: trusted)).isPermitted
    }

    @Test("A rule holds from not-before until not-after")
    func limits() throws {
        let conditions = Conditions(notBeforeUSec: Self.noon, notAfterUSec: Self.noon + Self.hour)
        for (wall, expected) in [(-1, false), (0, true), (Self.hour - 1, true), (Self.hour, false)] {
            #expect(try permits(conditions, at: Self.noon + wall) == expected)
            #expect(try forbids(conditions, at: Self.noon + wall) == expected)
        }
        let decision = Fixture.decide([try Fixture.rule("p", when: conditions)], try Fixture.request(at: Self.noon - 1))
        #expect(decision.why == .outsideTimes)
        #expect(
            decision.failed == [
                SelectorFailure(
                    rule: "p", selector: "not-before", wanted: "2026-01-05T12:00:00Z",
                    got: "2026-01-05T11:59:59.999999Z")
            ])
    }

    @Test("In the boot in which the rule was applied the boot clock decides, whatever the wall clock says")
    func bootClock() throws {
        let anchor = TimeAnchor(bootID: "this", bootUSec: 5 * Self.hour, wallUSec: Self.noon)
        let conditions = Conditions(notAfterUSec: Self.noon + Self.hour)
        #expect(try permits(conditions, at: Self.noon + 99 * Self.hour, boot: 5 * Self.hour, anchor: anchor))
        #expect(try !permits(conditions, at: Self.noon - 99 * Self.hour, boot: 6 * Self.hour, anchor: anchor))
        #expect(try permits(conditions, boot: 6 * Self.hour - 1, trusted: false, anchor: anchor))
    }

    @Test(
        "In another boot the wall clock decides, and while it cannot be trusted permits with times do not match and forbids do"
    )
    func wallClock() throws {
        let anchor = TimeAnchor(bootID: "other", bootUSec: 0, wallUSec: Self.noon)
        let conditions = [
            Conditions(notAfterUSec: Self.noon + Self.hour), Conditions(notBeforeUSec: Self.noon - Self.hour),
            Conditions(hours: [Hours(start: 0, end: 1440, zone: .utc)]),
        ]
        for conditions in conditions {
            #expect(try permits(conditions, boot: 99 * Self.hour, anchor: anchor))
            #expect(try !permits(conditions, trusted: false, anchor: anchor))
            #expect(try forbids(conditions, trusted: false, anchor: anchor))
        }
        #expect(try forbids(Conditions(notAfterUSec: Self.noon - Self.hour), trusted: false))
        #expect(try permits(Conditions(), trusted: false))
    }

    @Test("Several hours are ORed; of a zone that is not known a permit does not match and a forbid does")
    func hours() throws {
        let night = Hours(start: 0, end: 60, zone: .utc)
        let day = Hours(start: 660, end: 780, zone: .utc)
        let unknown = Hours(start: 660, end: 780, zone: Zone(name: "Gone/Away", offsets: nil))
        #expect(try permits(Conditions(hours: [night, day])))
        #expect(try !permits(Conditions(hours: [night])))
        #expect(try !forbids(Conditions(hours: [night])))
        #expect(try permits(Conditions(hours: [unknown, day])))
        #expect(try !permits(Conditions(hours: [unknown, night])))
        #expect(try forbids(Conditions(hours: [unknown, night])))
    }
}

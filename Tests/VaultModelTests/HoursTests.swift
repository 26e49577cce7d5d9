// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@Suite("Hours")
struct HoursTests {
    /// Two hours ahead in summer, one in winter, for 2026 alone.
    static let berlin = Zone(
        name: "Europe/Berlin",
        offsets: ZoneOffsets(
            first: 3600,
            transitions: [
                .init(at: 1_774_746_000, offset: 7200),  // 2026-03-29T01:00:00Z
                .init(at: 1_792_890_000, offset: 3600),  // 2026-10-25T01:00:00Z
            ]))

    private func hours(_ text: String) throws -> Hours {
        try Hours(parsing: text) { name in name == "UTC" ? .utc : Self.berlin }
    }

    @Test(
        "The start belongs to the hours, the end does not; the offset is that of the season",
        arguments: [
            ("09:00-17:00 UTC", "2026-01-05T09:00:00Z", true), ("09:00-17:00 UTC", "2026-01-05T16:59:59.999Z", true),
            ("09:00-17:00 UTC", "2026-01-05T17:00:00Z", false), ("09:00-17:00 UTC", "2026-01-05T08:59:59Z", false),
            ("09:00-17:00 Europe/Berlin", "2026-01-05T08:00:00Z", true),
            ("09:00-17:00 Europe/Berlin", "2026-07-06T07:00:00Z", true),
            ("09:00-17:00 Europe/Berlin", "2026-07-06T15:30:00Z", false),
            ("09:00-17:00 Europe/Berlin", "2026-10-26T15:30:00Z", true),
            ("mon-fri 09:00-17:00 UTC", "2026-01-04T12:00:00Z", false),  // a Sunday
            ("mon-fri 09:00-17:00 UTC", "2026-01-05T12:00:00Z", true),
            ("22:00-06:00 UTC", "2026-01-05T23:00:00Z", true), ("22:00-06:00 UTC", "2026-01-05T05:59:00Z", true),
            ("22:00-06:00 UTC", "2026-01-05T06:00:00Z", false),
            ("fri 22:00-06:00 UTC", "2026-01-10T05:00:00Z", true),  // Saturday morning
            ("fri 22:00-06:00 UTC", "2026-01-09T05:00:00Z", false),  // Friday morning
            ("00:00-24:00 UTC", "2026-01-05T23:59:59Z", true), ("18:00-00:00 UTC", "2026-01-05T23:59:59Z", true),
            ("sat,sun 00:00-24:00 Europe/Berlin", "2026-01-02T23:30:00Z", true),
            ("sat,sun 00:00-24:00 Europe/Berlin", "2026-01-04T23:30:00Z", false),
            ("09:00-17:00 UTC", "1969-12-31T10:00:00Z", true),
        ])
    func contains(text: String, time: String, expected: Bool) throws {
        #expect(try hours(text).contains(TimeText.parse(time)) == expected)
    }

    @Test("Of a zone that is not known nothing is known")
    func unknownZone() {
        #expect(Hours(start: 0, end: 1440, zone: Zone(name: "Gone/Away", offsets: nil)).contains(0) == nil)
    }

    @Test(
        "Hours are written as they are read",
        arguments: [
            ("mon-fri 09:00-17:00 Europe/Berlin", "mon-fri 09:00-17:00 Europe/Berlin"),
            ("mon,tue,wed,thu,fri,sat,sun 09:00-17:00 UTC", "09:00-17:00 UTC"),
            ("Sat-Mon 22:00-06:30 UTC", "mon,sat,sun 22:00-06:30 UTC"), ("18:00-00:00 UTC", "18:00-24:00 UTC"),
        ])
    func text(text: String, canonical: String) throws {
        let hours = try hours(text)
        #expect(hours.description == canonical)
        #expect(try self.hours(canonical) == hours)
    }

    @Test("1970-01-01 was a Thursday")
    func weekday() {
        #expect(Weekdays.number(ofDay: 0) == 3)
        #expect(Weekdays.number(ofDay: -4) == 6)
        #expect(Weekdays.number(ofDay: 4) == 0)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import TerminalKit
import Testing
import VaultModel

@testable import vault

@Suite("Times and lengths of time on the command line")
struct TimeArgumentTests {
    @Test(
        "RFC 3339 with an offset is a point in time",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-21T07:15:00+01:00", 1_795_241_700_000_000),
            ("2026-11-21T06:15:00.25Z", 1_795_241_700_250_000), ("2026-11-21 06:15:00Z", 1_795_241_700_000_000),
            ("2026-11-21t06:15z", 1_795_241_700_000_000), ("2026-11-20T22:45:00-07:30", 1_795_241_700_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000), ("1969-12-31T23:59:59Z", -1_000_000),
            // A leap second is the second after it, whatever begins then.
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000), ("1990-12-31T15:59:60-08:00", 662_688_000_000_000),
            ("2016-12-31T12:00:60.5Z", 1_483_185_660_500_000), ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
        ])
    func readsTimes(text: String, usec: Int64) throws {
        #expect(try TimeArgument(text).microseconds == usec)
    }

    @Test(
        "what is not in the calendar, or no time, is refused",
        arguments: [
            "", "tomorrow", "2026-02-29", "2026-13-01", "2026-00-10", "2026-11-31T00:00:00Z", "2026-11-21T24:00",
            "2026-11-21T07:60", "2026-11-21T07:15:00+1:00", "2026-11-21T07:15:00Z and more", "2026-11-21T07:15:00.",
            "2016-12-31T23:59:61Z", "9999-12-31T23:59:60Z", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+00:01",
            "26-11-21", "2h", "2h hence", "ago", " ago", "2026-11-21T07", "-", "+", "--1h", "-1h ago",
            "-0s", "-x",
        ])
    func refuses(text: String) {
        #expect(throws: (any Error).self) { try TimeArgument(text) }
    }

    @Test("words stand for times")
    func readsWords() throws {
        let now: Int64 = 1_795_241_700_000_000
        func read(_ text: String) throws -> Int64 { try TimeArgument(text, now: now, boot: 42).microseconds }
        #expect(try read("now") == now)
        #expect(try read("boot") == 42)
        #expect(try read("2h ago") == now - 7_200_000_000)
        #expect(try read("-2h") == now - 7_200_000_000)
        #expect(try read("+1h30m") == now + 5_400_000_000)
        #expect(try read("1 hour 30 minutes ago") == now - 5_400_000_000)
        let today = try read("today")
        #expect(today <= now && now - today < 25 * 3_600_000_000)
        #expect(localFields(today) == [0, 0, 0])
        let yesterday = try read("yesterday")
        #expect(localFields(yesterday) == [0, 0, 0])
        #expect((23...25).contains((today - yesterday) / 3_600_000_000))
    }

    @Test("a shown time reads back as the same, to the millisecond, in whatever zone this runs")
    func readsBack() throws {
        for usec in [0, 1_795_241_700_123_000, 1_785_241_700_999_000, -1_000] as [Int64] {
            #expect(try TimeArgument(LocalTime.text(usec)).microseconds == usec)
        }
    }

    @Test("a time without an offset is local")
    func readsLocalTimes() throws {
        let time = try TimeArgument("2026-11-21T07:15:30")
        #expect(LocalTime.text(time.microseconds).hasPrefix("2026-11-21T07:15:30.000"))
        let day = try TimeArgument("2026-06-01")
        #expect(LocalTime.text(day.microseconds).hasPrefix("2026-06-01T00:00:00.000"))
    }

    @Test(
        "lengths of time",
        arguments: [
            ("15m", 900_000_000, "15m"), ("1h30m", 5_400_000_000, "1h30m"), ("500ms", 500_000, "500ms"),
            ("2 hours", 7_200_000_000, "2h"), ("1w", 604_800_000_000, "7d"), ("90 seconds", 90_000_000, "1m30s"),
        ])
    func readsDurations(text: String, usec: Int64, canonical: String) throws {
        let duration = try DurationText.parse(argument: text)
        #expect(duration == usec)
        #expect(DurationText.text(duration) == canonical)
    }

    @Test(
        "what is no length of time is refused",
        arguments: ["", "0", "0s", "m", "10", "10x", "-5m", "1h-1m", "101y", "99999999999999999999s", "5300w1h"])
    func refusesDurations(text: String) {
        #expect(throws: (any Error).self) { try DurationText.parse(argument: text) }
    }

    private func localFields(_ usec: Int64) -> [Int32] {
        var seconds = time_t(usec / 1_000_000)
        var fields = tm()
        localtime_r(&seconds, &fields)
        return [fields.tm_hour, fields.tm_min, fields.tm_sec]
    }

    @Test("every number of microseconds that a broker may name is shown", arguments: [Int64.min, -1, 0, .max])
    func showsExtremes(usec: Int64) {
        #expect(LocalTime.text(usec).contains("T"))
        #expect(!TimeSpan(from: usec, to: 0).columns.isEmpty)
        #expect(!TimeSpan(from: 0, to: usec).columns.isEmpty)
    }

    @Test("a chart has ticks for whatever a broker counts", arguments: [Int.min, 0, 1, .max])
    func scalesExtremes(most: Int) {
        #expect(Scale(most).ticks.count <= 6)
    }
}

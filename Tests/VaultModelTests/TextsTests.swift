// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@Suite("Durations, sizes, times and rates as text")
struct TextsTests {
    @Test(
        "Durations are sums of numbers with units",
        arguments: [
            ("0", 0), ("15m", 900_000_000), ("1h", 3_600_000_000), ("5s", 5_000_000), ("1h30m", 5_400_000_000),
            ("90m", 5_400_000_000), ("500ms", 500_000), ("7us", 7), ("2d", 172_800_000_000), ("1w", 604_800_000_000),
        ] as [(String, Int64)])
    func durations(text: String, usec: Int64) throws {
        #expect(try DurationText.parse(text) == usec)
        #expect(try DurationText.parse(DurationText.text(usec)) == usec)
    }

    @Test(
        "What is no duration is refused",
        arguments: ["", "5", "m", "5 m", "5x", "-5m", "1.5h", "9223372036854775807d", "5m5"])
    func noDurations(text: String) {
        #expect(throws: InvalidText.self) { try DurationText.parse(text) }
    }

    @Test("A duration is written in the largest units that fit")
    func durationText() {
        #expect(DurationText.text(5_400_000_000) == "1h30m")
        #expect(DurationText.text(86_400_000_000 + 1_500_000) == "1d1s500ms")
        #expect(DurationText.text(0) == "0")
    }

    @Test(
        "Sizes are bytes, or powers of 1024",
        arguments: [("0", 0), ("17", 17), ("17B", 17), ("64KiB", 65536), ("1MiB", 1 << 20), ("2GiB", 2 << 30)])
    func sizes(text: String, bytes: Int) throws {
        #expect(try SizeText.parse(text) == bytes)
        #expect(try SizeText.parse(SizeText.text(bytes)) == bytes)
    }

    @Test("What is no size is refused", arguments: ["", "MiB", "1MB", "1 MiB", "-1", "9999999TiB"])
    func noSizes(text: String) {
        #expect(throws: InvalidText.self) { try SizeText.parse(text) }
    }

    @Test(
        "Times are those of RFC 3339",
        arguments: [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
            ("2026-12-31T18:00:00+01:00", 1_798_736_400_000_000, "2026-12-31T17:00:00Z"),
            ("2000-02-29t12:30:45.5z", 951_827_445_500_000, "2000-02-29T12:30:45.500Z"),
            ("1969-12-31 23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000, "2017-01-01T00:00:00Z"),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000_000, "0001-01-01T00:00:00Z"),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000_000, "0000-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.9999999Z", 253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ] as [(String, Int64, String)])
    func times(text: String, usec: Int64, canonical: String) throws {
        #expect(try TimeText.parse(text) == usec)
        #expect(TimeText.text(usec) == canonical)
    }

    @Test(
        "What is no time is refused",
        arguments: [
            "", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
            "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00",
            "2026-01-01T00:00:00Zx", "26-01-01T00:00:00Z", "2016-12-31T23:59:61Z",
            // In UTC these are in years without four digits, which could not be read back.
            "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:60Z", "0000-01-01T00:00:00+00:01",
        ])
    func noTimes(text: String) {
        #expect(throws: InvalidText.self) { try TimeText.parse(text) }
    }

    @Test("Every day of eight centuries is read back from its date")
    func calendar() {
        for day in stride(from: -146_097, to: 146_097, by: 1) {
            let date = CivilDate(days: day)
            guard CivilDate.days(year: date.year, month: date.month, day: date.day) == day,
                (1...CivilDate.daysIn(month: date.month, year: date.year)).contains(date.day)
            else {
                Issue.record("day \(day) became \(date)")
                return
            }
        }
        #expect(CivilDate(days: 0).year == 1970)
    }

    @Test(
        "Rates are a count and a time",
        arguments: [
            ("1/s", 1, 1_000_000, "1/s"), ("30/min", 30, 60_000_000, "30/min"), ("5/m", 5, 60_000_000, "5/min"),
            ("20/hour", 20, 3_600_000_000, "20/h"), ("1000/day", 1000, 86_400_000_000, "1000/day"),
            ("10/15m", 10, 900_000_000, "10/15m"),
        ] as [(String, UInt64, Int64, String)])
    func rates(text: String, count: UInt64, window: Int64, canonical: String) throws {
        let rate = try RateWindow(parsing: text)
        #expect(rate == RateWindow(count: count, windowUSec: window))
        #expect(rate.description == canonical)
    }

    @Test("What is no rate is refused", arguments: ["", "1", "/s", "0/s", "x/s", "1/", "1/0", "-1/s", "1/s/s", "+1/s"])
    func noRates(text: String) {
        #expect(throws: InvalidText.self) { try RateWindow(parsing: text) }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import VaultModel

@testable import PolicyFiles

@Suite("Time zones")
struct ZoneFileTests {
    private static func second(_ text: String) throws -> Int64 { try TimeText.parse(text) / 1_000_000 }

    @Test(
        "A rule of POSIX names the changes of every year",
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", 3600, 7200),
            ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z", -18000, -14400),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", -7200, -3600),
            ("AAA0BBB-2,J60/0,J300/0", "2026-03-01T00:00:00Z", "2026-10-26T22:00:00Z", 0, 7200),
            ("AAA0BBB,59/0,299/0", "2026-03-01T00:00:00Z", "2026-10-26T23:00:00Z", 0, 3600),
        ] as [(String, String, String, Int32, Int32)])
    func rules(text: String, start: String, end: String, standard: Int32, summer: Int32) throws {
        let rule = try #require(ZoneRule(text))
        let first = ZoneOffsets(first: standard, transitions: [.init(at: 0, offset: standard)])
        let offsets = rule.extend(first, throughYear: 2030)
        for (change, before, after) in [(start, standard, summer), (end, summer, standard)] {
            let second = try Self.second(change)
            #expect(offsets.offset(at: second - 1) == before && offsets.offset(at: second) == after, "\(change)")
        }
        // 1 March 2028 is the 61st day; J60 does not count 29 February, 59 does.
        let leap = try Self.second("2028-03-01T00:00:00Z")
        if text.contains("J60") {
            #expect(offsets.offset(at: leap) == summer && offsets.offset(at: leap - 1) == standard)
        }
        if text.contains(",59") { #expect(offsets.offset(at: leap - 86_400) == summer) }
        #expect(offsets.transitions.count == 1 + 2 * 61)
    }

    @Test("Transitions at the ends of time are read in no time", arguments: [Int64.min, -(1 << 59), 1 << 59, .max])
    func endsOfTime(second: Int64) throws {
        let table = ZoneOffsets(first: 0, transitions: [.init(at: second, offset: 3600)])
        let offsets = try #require(ZoneRule("CET-1CEST,M3.5.0,M10.5.0/3")).extend(table, throughYear: 2100)
        #expect(offsets.transitions.count <= 1 + 2 * 201)
    }

    @Test("A rule without summer time adds nothing")
    func fixed() throws {
        let table = ZoneOffsets(first: 19800)
        #expect(try #require(ZoneRule("IST-5:30")).extend(table, throughYear: 2100) == table)
    }

    @Test(
        "What is no rule is refused",
        arguments: [
            "", "X", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "CET-1CEST,M3.5.0", "CET-1CEST,J0,J5", "<X1",
        ])
    func noRules(text: String) {
        #expect(ZoneRule(text) == nil)
    }

    @Test("What is no zone file is refused, whatever its bytes")
    func noFiles() {
        var bytes = Array("TZif2".utf8) + Array(repeating: UInt8(0), count: 39)
        #expect(ZoneFile.offsets([]) == nil)
        #expect(ZoneFile.offsets(bytes) == nil)
        bytes[20..<44] = Array(repeating: 0xff, count: 24)[...]
        #expect(ZoneFile.offsets(bytes) == nil)
        bytes[20..<44] = Array(repeating: 0x00, count: 24)[...]
        bytes[39] = 200
        #expect(ZoneFile.offsets(bytes) == nil)
        #expect(SystemZones().offsets(ofZone: "../../etc/passwd") == nil)
        #expect(SystemZones().offsets(ofZone: "Europe/../Europe/Berlin") == nil)
        #expect(SystemZones().offsets(ofZone: "") == nil)
        #expect(SystemZones(directory: "/nowhere").offsets(ofZone: "UTC") == nil)
    }

    private static let hasDatabase = access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0

    @Test(
        "The zones of the system are as their histories say",
        .enabled(if: hasDatabase, "there is no tz database here (Debian: tzdata)"),
        arguments: [
            ("Europe/Berlin", "2026-03-29T00:59:59Z", 3600), ("Europe/Berlin", "2026-03-29T01:00:00Z", 7200),
            ("Europe/Berlin", "1980-01-01T00:00:00Z", 3600), ("Europe/Berlin", "2099-07-01T00:00:00Z", 7200),
            ("America/New_York", "2026-07-01T00:00:00Z", -14400), ("Asia/Kolkata", "2026-07-01T00:00:00Z", 19800),
            ("Asia/Kathmandu", "2050-01-01T00:00:00Z", 20700), ("Australia/Lord_Howe", "2050-01-01T00:00:00Z", 39600),
            ("Etc/UTC", "2026-07-01T00:00:00Z", 0), ("Africa/Casablanca", "2040-01-01T00:00:00Z", 3600),
        ] as [(String, String, Int32)])
    func database(zone: String, time: String, offset: Int32) throws {
        let offsets = try #require(SystemZones().offsets(ofZone: zone))
        #expect(offsets.offset(at: try Self.second(time)) == offset)
    }
}

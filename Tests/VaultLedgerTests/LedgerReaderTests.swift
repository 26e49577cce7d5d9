// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultTestKit

@testable import Records
@testable import VaultLedger

@Suite struct LedgerReaderTests {
    private static func collect(
        _ reader: LedgerReader, limit: Int, reverse: Bool = false, filter: EntryFilter = EntryFilter(),
        scanLimit: Int = 100_000
    ) async throws -> [UInt64] {
        var indices: [UInt64] = []
        var from: UInt64?
        while true {
            let page = try await reader.entries(
                from: from, limit: limit, reverse: reverse, filter: filter, scanLimit: scanLimit)
            indices += page.entries.map(\.index)
            guard let next = page.next else { return indices }
            from = next
        }
    }

    @Test("Pages follow one another in both directions, and hold the exact bytes", arguments: [1, 7, 1000])
    func pages(limit: Int) async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        let batch = TestRecords.grants(from: 0, count: 50)
        _ = try await ledger.commit(batch)
        let reader = ledger.makeReader()
        #expect(try await Self.collect(reader, limit: limit) == Array(0..<50))
        #expect(try await Self.collect(reader, limit: limit, reverse: true) == Array(0..<50).reversed())
        let page = try await reader.entries(from: 10, limit: 2)
        #expect(page.entries == [10, 11].map { Entry(index: $0, text: batch.leaves[Int($0)]) })
        #expect(page.next == 12)
        #expect(page.size == 50)
        #expect(try await reader.entries(from: 10, limit: 3, reverse: true).entries.map(\.index) == [10, 9, 8])
        #expect(try await reader.entries(from: 50, limit: 3) == EntryPage(entries: [], next: nil, size: 50))
        #expect(try await reader.record(49)?.text == batch.leaves[49])
        #expect(try await reader.record(50) == nil)
        #expect(try await reader.record(.max) == nil)
        await ledger.close()
    }

    @Test("A filter lets through what matches all of its parts")
    func filters() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        var leaves: [[UInt8]] = []
        for index in UInt64(0)..<60 {
            var identity = TestRecords.alice
            identity.uid = UInt32(index % 3)
            identity.loginuid = .known(UInt32(index % 5))
            identity.pid = Int32(index % 7)
            identity.exe = .known("/bin/\(index % 2)")
            identity.unit = .known("u\(index % 4).service")
            var record = TestRecords.begin(index, index % 2 == 0 ? .grant : .deny, timeUSec: Int64(index) * 10)
            record.text("request", "q\(index / 2)")
            record.peer(PeerText(identity))
            record.capability(CapabilityText(name: index % 6 == 0 ? "logs/web/access" : "logs/db"))
            record.member("decision", index % 2 == 0 ? "permit" : "deny")
            record.rules(["rule-\(index % 3)", "always"])
            leaves.append(record.finish())
        }
        _ = try await ledger.commit(Batch(firstIndex: 0, leaves: leaves, lastTimeUSec: 600))
        let reader = ledger.makeReader()
        func expect(_ matches: (UInt64) -> Bool, of change: (inout EntryFilter) throws -> Void) async throws {
            var filter = EntryFilter()
            try change(&filter)
            let expected = (UInt64(0)..<60).filter(matches)
            #expect(try await Self.collect(reader, limit: 4, filter: filter) == expected)
            #expect(try await Self.collect(reader, limit: 4, reverse: true, filter: filter) == expected.reversed())
        }
        try await expect({ $0 >= 20 && $0 < 30 }, of: { ($0.sinceUSec, $0.untilUSec) = (200, 300) })
        try await expect({ $0 % 3 != 0 }, of: { $0.uid = [1, 2] })
        try await expect({ $0 % 5 == 4 }, of: { $0.loginuid = [4] })
        try await expect({ $0 % 7 == 6 }, of: { $0.pid = [6] })
        try await expect({ $0 % 2 == 1 }, of: { $0.exe = ["/bin/1"] })
        try await expect({ $0 % 4 == 1 }, of: { $0.unit = ["u1.service", "other"] })
        try await expect({ $0 % 6 == 0 }, of: { $0.capability = [try NamePattern("logs/*/access")] })
        try await expect({ _ in true }, of: { $0.capability = [try NamePattern("logs/**")] })
        try await expect({ $0 % 3 == 2 }, of: { $0.rule = ["rule-2"] })
        try await expect({ $0 % 2 == 1 }, of: { $0.type = ["deny"] })
        try await expect({ $0 % 2 == 1 }, of: { $0.decision = "deny" })
        try await expect({ $0 / 2 == 12 }, of: { $0.request = "q12" })
        try await expect({ $0 % 2 == 0 && $0 % 3 == 1 }, of: { ($0.uid, $0.type) = ([1], ["grant"]) })
        try await expect({ _ in false }, of: { $0.uid = [99] })
        await ledger.close()
    }

    @Test("A rare match does not keep the caller: the page comes with where to go on")
    func scanLimit() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 25_000, rows: 5000, keepsIndex: false)
        let reader = LedgerReader(directory: files.state)
        var filter = EntryFilter()
        filter.type = ["grant"]
        let page = try await reader.entries(limit: 10, filter: filter, scanLimit: 10_000)
        #expect(page.entries.isEmpty)
        #expect(page.next == 10_000)
        #expect(try await Self.collect(reader, limit: 10, filter: filter, scanLimit: 10_000) == [])
    }

    @Test("A reader sees what was committed after it was made, and works while the ledger reopens")
    func beside() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        let reader = ledger.makeReader()
        #expect(try await reader.tree().size == 0)
        let tree = try await ledger.commit(TestRecords.grants(from: 0, count: 10))
        #expect(try await reader.tree() == tree)
        async let pages = (0..<50).asyncMap { _ in try await reader.entries(limit: 100).entries.count }
        for _ in 0..<5 { #expect(try await ledger.reopen().size == 10) }
        #expect(try await pages.allSatisfy { $0 == 10 })
        let more = try await ledger.commit(TestRecords.grants(from: 10, count: 1))
        #expect(try await reader.tree() == more)
        await ledger.close()
    }

    @Test("Related are the records of the request, and what came of its grants")
    func related() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        var leaves = (UInt64(0)..<20).map { TestRecords.grant($0, request: "r\($0 / 2)") }
        var first = DeliveryReport()
        for index in UInt64(0)..<9 { first.addSent(index) }
        leaves.append(TestRecords.delivery(20, first))
        var second = DeliveryReport()
        second.failed = [.init(index: 9, errno: "EPIPE")]
        leaves.append(TestRecords.delivery(21, second))
        for (index, type) in [(UInt64(22), RecordType.revoke), (23, .holderExit)] {
            var record = TestRecords.begin(index, type, timeUSec: 0)
            record.value("grant", index == 22 ? 8 : 3)
            leaves.append(record.finish())
        }
        _ = try await ledger.commit(Batch(firstIndex: 0, leaves: leaves))
        let reader = ledger.makeReader()
        #expect(try await reader.related(to: 8).map(\.index) == [8, 9, 20, 21, 22])
        #expect(try await reader.related(to: 22).map(\.index) == [8, 9, 20, 21, 22])
        #expect(try await reader.related(to: 2).map(\.index) == [2, 3, 20, 23])
        #expect(try await reader.related(to: 19).map(\.index) == [18, 19])
        #expect(try await reader.related(to: 24).isEmpty)
        await ledger.close()
    }
}

extension Sequence where Self: Sendable, Element: Sendable {
    /// One after the other.
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}

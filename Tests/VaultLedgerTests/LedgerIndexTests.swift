// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultModel
import VaultTestKit

@testable import Records
@testable import VaultLedger

/// A record with fields drawn from small sets, so that filters match some of them.
private struct RandomRecord {
    var type: RecordType
    var timeUSec: Int64
    var request: String
    var identity: Identity
    var name: String?
    var rules: [String]
    var charged: String?
    var grant: UInt64?
    var missing: [UInt64] = []

    init(_ index: UInt64, using generator: inout SeededGenerator) {
        func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &generator)! }  // none is empty
        type = pick([.grant, .grant, .grant, .deny, .delivery, .revoke, .start])
        timeUSec = Int64(index) * 1000 + Int64.random(in: -3000...3000, using: &generator)
        request = "r\(index / 3)"
        identity = Identity(
            uid: pick([0, 33, 1000, 1001, 4_000_000_000]), gid: 0, pid: pick([1, 7, 4711]),
            userName: pick([nil, "www", "alice"]), unit: pick([.known(nil), .known("a.service"), .known("b.service")]),
            loginuid: pick([.known(nil), .known(1000)]),
            exe: pick([.unknown("x"), .known("/bin/cat"), .known("/bin/ä"), .known("/a \"b\"\n{\\,]")]))
        name = pick([nil, "logs", "logs/web", "logs/web/access", "logsx/y", "web/listener"])
        rules = pick([[], ["one"], ["one", "two"], ["three"]])
        charged = type == .grant ? pick(["one", "two"]) : nil
        grant = type == .revoke ? UInt64.random(in: 0...index, using: &generator) : nil
        // Near and far before it, some of them twice, and such as are no grants.
        if type == .delivery, index > 0, index.isMultiple(of: 3) {
            missing = [index - 1, UInt64.random(in: 0..<index, using: &generator)]
        }
    }

    func text(_ index: UInt64) -> [UInt8] {
        var record = TestRecords.begin(index, type, timeUSec: timeUSec)
        record.text("request", request)
        record.peer(PeerText(identity))
        if let name { record.capability(CapabilityText(name: name)) }
        if type == .grant || type == .deny { record.member("decision", type == .grant ? "permit" : "deny") }
        if !rules.isEmpty { record.rules(rules) }
        record.text("charged", charged)
        if let grant { record.value("grant", grant) }
        if !missing.isEmpty { record.member("missing", missing) }
        return record.finish()
    }

    func matches(_ filter: EntryFilter) -> Bool {
        func any<Value: Equatable>(_ wanted: [Value], _ value: Value?) -> Bool {
            wanted.isEmpty || value.map(wanted.contains) == true
        }
        let decision: String? = type == .grant ? "permit" : type == .deny ? "deny" : nil
        return timeUSec >= filter.sinceUSec ?? .min && timeUSec < filter.untilUSec ?? .max
            && any(filter.uid, identity.uid) && any(filter.loginuid, identity.loginuid.value ?? nil)
            && any(filter.pid, identity.pid) && any(filter.exe, identity.exe.value)
            && any(filter.unit, identity.unit.value ?? nil) && any(filter.type, type.rawValue)
            && any(filter.decision.map { [$0] } ?? [], decision) && any(filter.request.map { [$0] } ?? [], request)
            && any(filter.grant, grant) && !filter.notType.contains(type.rawValue)
            && (filter.rule.isEmpty || any(filter.rule, charged) || !Set(filter.rule).isDisjoint(with: rules))
            && (filter.capability.isEmpty
                || filter.capability.contains { pattern in
                    name.flatMap { try? CapabilityName($0) }.map(pattern.matches) == true
                })
    }

    func key(_ key: SummaryKey) -> String {
        switch key {
        case .capability: name ?? ""
        case .user: identity.userName ?? "\(identity.uid)"
        case .uid: "\(identity.uid)"
        case .rule: charged ?? rules.joined(separator: "\n")
        case .exe: identity.exe.value ?? ""
        case .unit: (identity.unit.value ?? nil) ?? ""
        case .time(let step): "\(timeUSec - ((timeUSec % step) + step) % step)"
        }
    }
}

@Suite struct LedgerIndexTests {
    private static func randomFilter(_ size: UInt64, using generator: inout SeededGenerator) throws -> EntryFilter {
        var filter = EntryFilter()
        func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &generator)! }  // none is empty
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            switch Int.random(in: 0..<13, using: &generator) {
            case 0: filter.sinceUSec = Int64.random(in: 0..<Int64(size) * 1000, using: &generator)
            case 1: filter.untilUSec = Int64.random(in: 0..<Int64(size) * 1000, using: &generator)
            case 2: filter.uid = pick([[0], [33, 1000], [4_000_000_000], [77]])
            case 3: filter.loginuid = [1000]
            case 4: filter.pid = pick([[1], [7, 4711]])
            case 5: filter.exe = pick([["/bin/cat"], ["/bin/ä", "/none"], ["/none"], ["/a \"b\"\n{\\,]"]])
            case 6: filter.unit = ["b.service"]
            case 7:
                let patterns = ["logs", "logs/**", "logs/*", "**", "*/web/*", "l*", "web/listener", "no/**"]
                filter.capability = [try NamePattern(pick(patterns))]
            case 8: filter.rule = pick([["one"], ["two", "three"], ["four"]])
            case 9: filter.type = pick([["grant"], ["deny", "revoke"], ["nothing"]])
            case 10: filter.notType = pick([["grant"], ["deny", "revoke"], ["nothing"]])
            case 11: filter.decision = pick(["permit", "deny"])
            default: filter.request = "r\(UInt64.random(in: 0..<size / 3, using: &generator))"
            }
        }
        return filter
    }

    @Test("The index finds what reading every record finds, in both directions, page by page")
    func sameAsReading() async throws {
        var generator = Seed().generator
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        let size = UInt64(3840 * 2 + 500)
        let records = (0..<size).map { RandomRecord($0, using: &generator) }
        let leaves = records.enumerated().map { $1.text(UInt64($0)) }
        for start in stride(from: 0, to: leaves.count, by: 1000) {
            let part = Array(leaves[start..<min(start + 1000, leaves.count)])
            _ = try await ledger.commit(Batch(firstIndex: UInt64(start), leaves: part))
        }
        let reader = ledger.makeReader()
        try await waitUntil("the index to be filled") { try await ledger.indexer?.catchUp() == 7680 }
        for _ in 0..<Soak.count(40, full: 2000) {
            let filter = try Self.randomFilter(size, using: &generator)
            let expected = records.indices.filter { records[$0].matches(filter) }.map { UInt64($0) }
            let limit = Int.random(in: 1...900, using: &generator)
            let reverse = Bool.random(using: &generator)
            let scanLimit = pickScanLimit(&generator)
            var found: [UInt64] = []
            var from: UInt64?
            repeat {
                let page = try await reader.entries(
                    from: from, limit: limit, reverse: reverse, filter: filter, scanLimit: scanLimit)
                found += page.entries.map(\.index)
                from = page.next
            } while from != nil
            #expect(found == (reverse ? expected.reversed() : expected), "\(filter)")
        }
        await ledger.close()
    }

    private func pickScanLimit(_ generator: inout SeededGenerator) -> Int {
        Bool.random(using: &generator) ? 100_000 : Int.random(in: 50...2000, using: &generator)
    }

    @Test("Summaries count what reading every record counts")
    func summaries() async throws {
        var generator = Seed().generator
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        let size = UInt64(3840 + 700)
        let records = (0..<size).map { RandomRecord($0, using: &generator) }
        _ = try await ledger.commit(
            Batch(firstIndex: 0, leaves: records.enumerated().map { $1.text(UInt64($0)) }))
        let reader = ledger.makeReader()
        try await waitUntil("the index to be filled") { try await ledger.indexer?.catchUp() == 3840 }
        let unindexed = LedgerReader(
            registry: ReaderRegistry(database: StateDirectory(files.state).database),
            index: files.state.appending("none"))
        let missing = Set(records.flatMap(\.missing))
        #expect(records.indices.contains { $0 < 3840 && records[$0].type == .grant && missing.contains(UInt64($0)) })
        let keys: [SummaryKey] = [.capability, .user, .uid, .rule, .exe, .unit, .time(everyUSec: 60_000)]
        for key in keys {
            for filter in try [EntryFilter()] + (0..<4).map({ _ in try Self.randomFilter(size, using: &generator) }) {
                var expected: [String: SummaryCount] = [:]
                for (index, record) in records.enumerated()
                where record.matches(filter) && [.grant, .deny].contains(record.type) {
                    let text = record.key(key)
                    var count = expected[text] ?? SummaryCount(key: text, grants: 0, denials: 0)
                    if record.type == .grant { count.grants += 1 } else { count.denials += 1 }
                    if record.type == .grant, missing.contains(UInt64(index)) { count.missing += 1 }
                    expected[text] = count
                }
                let found = try await reader.summary(by: key, filter: filter)
                #expect(Set(found) == Set(expected.values), "\(key) \(filter)")
                let read = try await unindexed.summary(by: key, filter: filter)
                #expect(read == found, "\(key) \(filter)")
                #expect(found.count == expected.count)
            }
        }
        let byUser = try await reader.summary(by: .uid)
        #expect(byUser.map { $0.grants + $0.denials } == byUser.map { $0.grants + $0.denials }.sorted(by: >))
        let byTime = try await reader.summary(by: .time(everyUSec: 1_000_000))
        #expect(byTime.map { Int64($0.key) ?? -1 } == byTime.map { Int64($0.key) ?? -1 }.sorted())
        await ledger.close()
    }

    @Test("The index follows the commits by itself, and its files are the owner's alone")
    func follows() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        for index in 0..<9 { _ = try await ledger.commit(TestRecords.plain(from: UInt64(index * 1000), count: 1000)) }
        // Without a call of catchUp: only what close() would not change is looked at.
        try await waitUntil("the index to follow") { try await files.indexedSize() == 7680 }
        var status = stat()
        #expect(stat(files.state.appending("index.db").string, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        await ledger.close()
        #expect(try await files.indexedSize() == 7680)
    }

    @Test("A deleted index is made anew, and queries go on meanwhile")
    func deleted() async throws {
        let files = try OpenedLedger()
        try await files.fill(to: 8000, rows: 4000)
        try await waitForIndex(files, 7680)
        for suffix in ["", "-wal", "-shm"] { unlink(files.state.appending("index.db").string + suffix) }
        let reader = LedgerReader(directory: files.state)
        var filter = EntryFilter()
        filter.type = ["start"]
        #expect(try await reader.entries(from: 5000, limit: 2, filter: filter).entries.map(\.index) == [5000, 5001])
        try await waitForIndex(files, 7680)
        #expect(try await reader.entries(from: 5000, limit: 2, filter: filter).entries.map(\.index) == [5000, 5001])
    }

    @Test("An index of another log, or of another version, is not believed, and made anew")
    func foreignIndex() async throws {
        var filter = EntryFilter()
        filter.type = ["grant"]
        let other = try OpenedLedger()
        try await other.fill(to: 4000, rows: 4000)
        try await waitForIndex(other, 3840)
        for change in [nil, "PRAGMA user_version = 77", "UPDATE source SET root = zeroblob(32)"] as [String?] {
            let files = try OpenedLedger()
            let (ledger, _) = try await files.open(LedgerOptions(keepsIndex: false))
            _ = try await ledger.commit(TestRecords.grants(from: 0, count: 4000))
            await ledger.close()
            if let change {
                try await waitForIndex(files, 3840)
                try await files.tamper(change, of: "index.db")
            } else {
                _ = try await Command(
                    "cp", other.state.appending("index.db").string, files.state.appending("index.db").string
                ).run()
            }
            let reader = LedgerReader(directory: files.state)
            #expect(try await reader.entries(limit: 3, filter: filter).entries.map(\.index) == [0, 1, 2])
            try await waitForIndex(files, 3840)
            #expect(try await reader.entries(limit: 3, filter: filter).entries.map(\.index) == [0, 1, 2])
            #expect(try await reader.summary(by: .uid).map(\.grants) == [4000])
        }
    }

    @Test("An index with damage in it costs time, not answers")
    func damagedIndex() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open(LedgerOptions(keepsIndex: false))
        _ = try await ledger.commit(TestRecords.grants(from: 0, count: 4000))
        await ledger.close()
        var filter = EntryFilter()
        filter.uid = [1000]
        for change in [
            "DELETE FROM column_uid", "UPDATE column_uid SET data = zeroblob(5)", "DROP TABLE column_uid",
            "DROP TABLE term",
            "DELETE FROM term WHERE value = 'grant'",
        ] {
            for suffix in ["", "-wal", "-shm"] { unlink(files.state.appending("index.db").string + suffix) }
            try await waitForIndex(files, 3840)
            try await files.tamper(change, of: "index.db")
            let reader = LedgerReader(directory: files.state)
            #expect(try await reader.entries(from: 100, limit: 2, filter: filter).entries.map(\.index) == [100, 101])
            if !change.contains("grant") {
                #expect(try await reader.summary(by: .uid).map(\.grants) == [4000], "\(change)")
            }
        }
    }

    @Test("Related records are found through the index wherever they lie")
    func related() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        _ = try await ledger.commit(TestRecords.plain(from: 0, count: 5000))
        _ = try await ledger.commit(
            Batch(
                firstIndex: 5000,
                leaves: [TestRecords.grant(5000, request: "q"), TestRecords.grant(5001, request: "q")]))
        _ = try await ledger.commit(TestRecords.plain(from: 5002, count: 4000))
        var report = DeliveryReport()
        report.addSent(5000)
        report.addSent(5001)
        var revoke = TestRecords.begin(9003, .revoke, timeUSec: 0)
        revoke.value("grant", 5001)
        _ = try await ledger.commit(
            Batch(firstIndex: 9002, leaves: [TestRecords.delivery(9002, report), revoke.finish()]))
        _ = try await ledger.commit(TestRecords.plain(from: 9004, count: 4000))
        try await waitUntil("the index to be filled") { try await ledger.indexer?.catchUp() == 11_520 }
        let reader = ledger.makeReader()
        for index in [5000, 5001, 9003] as [UInt64] {
            #expect(try await reader.related(to: index).map(\.index) == [5000, 5001, 9002, 9003])
        }
        await ledger.close()
    }

    private func waitForIndex(_ files: OpenedLedger, _ size: UInt64) async throws {
        let indexer = LedgerIndexer(directory: files.state)
        #expect(try await indexer.catchUp() == size)
        await indexer.close()
    }
}

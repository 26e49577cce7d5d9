// SPDX-License-Identifier: Apache-2.0

import JSONText
import Records
import Testing
import VaultModel

@Suite struct RecordReadingTests {
    @Test("What was written is read, and written again it has the same bytes")
    func roundTrip() throws {
        for (index, golden) in GoldenRecords.all.enumerated() {
            let text = GoldenRecords.text(UInt64(index), golden.record)
            let stored = StoredRecord(reading: text)
            let record = try #require(Record(stored) as Record?, "\(golden.name)")
            #expect(record.type == golden.record.type)
            #expect(stored.index == UInt64(index))
            // What was cut cannot be told again.
            guard stored.cuts.isEmpty else { continue }
            #expect(GoldenRecords.text(UInt64(index), record) == text, "\(golden.name)")
        }
    }

    @Test("The scan that indexes finds the same as the reader of everything")
    func scan() {
        for (index, golden) in GoldenRecords.all.enumerated() {
            GoldenRecords.text(UInt64(index), golden.record).withUnsafeBytes { leaf in
                #expect(RecordFields(leaf) == RecordFields(reading: leaf), "\(golden.name)")
                #expect(RecordType(leaf: leaf) == golden.record.type)
                #expect(PolicyStamp(leaf: leaf) == StoredRecord(reading: Array(leaf)).policy)
                #expect(LeafPrefix.index(of: leaf) == UInt64(index))
            }
        }
    }

    @Test("A caller is read as it was, with what was cut and what is not known as unknown")
    func peers() throws {
        func read(_ identity: Identity) throws -> RecordedPeer {
            let text = GoldenRecords.text(0, .auditRead(peer: PeerText(identity), method: "query"))
            return try #require(StoredRecord(reading: text).peer)
        }
        #expect(try read(GoldenRecords.alice).identity == GoldenRecords.alice)
        #expect(try read(GoldenRecords.alice).isComplete)
        var nobody = GoldenRecords.nobody
        nobody.exeSHA256 = .unknown("not in the record")
        #expect(try read(nobody).identity == nobody)
        let bare = try #require(try read(GoldenRecords.bare).identity)
        #expect(bare.exe == .unknown("not in the record"))
        #expect(bare.unit == .unknown("not in the record"))
        let large = try read(GoldenRecords.large)
        #expect(!large.isComplete)
        let identity = try #require(large.identity)
        #expect(identity.exe == .unknown("cut in the record"))
        #expect(identity.label == .unknown("cut in the record"))
        // Any group may be among those that are not there.
        #expect(identity.groups == (0..<64).map { $0 } + [65534])
        #expect(!identity.idMapIsIdentity)
        #expect(identity.loginuid == .known(0))
    }

    @Test("Of a record of a later version as much is told as is known")
    func later() {
        let stored = StoredRecord(
            reading: [UInt8](
                #"{"v":1,"index":9,"type":"later.kind","timeUSec":5,"peer":{"uid":7},"reason":"r","new":{"a":[1]}}"#
                    .utf8))
        #expect(stored.type == "later.kind")
        #expect(stored.kind == nil)
        #expect(Record(stored) == nil)
        #expect(stored.peer?.uid == 7)
        #expect(stored.others(withReason: true).map(\.key) == ["reason", "new"])
        #expect(stored.others(withReason: false).map(\.key) == ["new"])
    }

    @Test(
        "What is no record, or lacks what its type has, is none",
        arguments: [
            "", "x", "[]", "{}", #"{"type":7}"#, #"{"type":"grant"}"#, #"{"type":"prune","before":1}"#,
            #"{"type":"delivery","sent":[[2,1]]}"#, #"{"type":"stop","records":-1}"#,
        ])
    func broken(_ text: String) {
        #expect(Record(StoredRecord(reading: [UInt8](text.utf8))) == nil)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog

@Suite struct LogProofTests {
    private static func receipt(index: UInt64, extra: [UInt8]? = nil) throws -> LogProof {
        var store = TileStore()
        for leaf in TestTree.leaves { store.append(.leaf(leaf)) }
        var reader = store.reader
        let proof = InclusionProof(index: index, size: 8, tiles: &reader)
        return LogProof(
            index: index, path: proof.path, extra: extra,
            checkpoint: try SignedNote(parsing: PublishedNotes.checkpoint))
    }

    @Test("A receipt has the form of C2SP tlog-proof")
    func form() throws {
        let text = try Self.receipt(index: 5).text
        #expect(
            text == """
                c2sp.org/tlog-proof@v1
                index 5
                vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=
                yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=
                037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=

                \(PublishedNotes.checkpoint)
                """)
    }

    @Test("A receipt proves its record, offline, to whoever trusts the log's key", arguments: 0..<8)
    func verify(index: Int) throws {
        let key = try NoteKey(PublishedNotes.verifierKey)
        for extra in [nil, [], Array("note".utf8)] as [[UInt8]?] {
            let receipt = try LogProof(parsing: Self.receipt(index: UInt64(index), extra: extra).text)
            #expect(receipt.extra == extra)
            let checkpoint = try receipt.verify(
                leaf: TestTree.leaves[index], origin: PublishedNotes.origin, keys: [key])
            #expect(checkpoint.size == 8)
            for other in TestTree.leaves where other != TestTree.leaves[index] {
                #expect(throws: NoteError.notIncluded(index: UInt64(index))) {
                    try receipt.verify(leaf: other, origin: PublishedNotes.origin, keys: [key])
                }
            }
        }
    }

    @Test("A receipt with another key's checkpoint, or a changed one, proves nothing")
    func untrusted() throws {
        let receipt = try Self.receipt(index: 2)
        let key = try NoteKey(PublishedNotes.exampleKey)
        #expect(throws: NoteError.self) {
            try receipt.verify(leaf: TestTree.leaves[2], origin: PublishedNotes.origin, keys: [key])
        }
        let changed = try LogProof(parsing: receipt.text.replacing("\n8\n", with: "\n9\n"))
        #expect(throws: NoteError.badSignature(name: PublishedNotes.origin)) {
            try changed.verify(
                leaf: TestTree.leaves[2], origin: PublishedNotes.origin, keys: [NoteKey(PublishedNotes.verifierKey)])
        }
    }

    @Test("What is no receipt is refused")
    func malformed() throws {
        let text = try Self.receipt(index: 5, extra: [1]).text
        let attempts = [
            "", "c2sp.org/tlog-proof@v1\n", text.replacing("@v1", with: "@v2"), text.replacing("index 5\n", with: ""),
            text.replacing("index 5", with: "index 05"), text.replacing("index 5", with: "index five"),
            text.replacing("extra AQ==", with: "extra AQ="), text.replacing("vBoG", with: "vBo"),
            text.replacing("\n\n", with: "\n"),
            text.replacing(
                "index 5\n", with: "index 5\n" + String(repeating: "\(PublishedNotes.emptyRoot)\n", count: 64)),
        ]
        for attempt in attempts {
            #expect(throws: NoteError.self, "\(attempt)") { try LogProof(parsing: attempt) }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog
import VaultTestKit

@Suite struct MutatedNotesTests {
    @Test("Whatever becomes of a key, a checkpoint or a receipt, it is refused, or means what it meant")
    func mutated() throws {
        let seed = Seed()
        var random = seed.generator
        var store = TileStore()
        for leaf in TestTree.leaves { store.append(.leaf(leaf)) }
        var reader = store.reader
        let receipt = LogProof(
            index: 5, path: InclusionProof(index: 5, size: 8, tiles: &reader).path, extra: Array("note".utf8),
            checkpoint: try SignedNote(parsing: PublishedNotes.checkpoint))
        let key = try NoteKey(PublishedNotes.verifierKey)
        let original = try SignedNote(parsing: PublishedNotes.checkpoint)
        let texts = [PublishedNotes.checkpoint, receipt.text, PublishedNotes.verifierKey].map { Array($0.utf8) }
        var refused = 0
        for _ in 0..<Soak.count(5_000, full: 1_000_000) {
            let place = Int.random(in: 0..<texts.count, using: &random)
            let bytes = texts[place].mutated(with: "\n \r+/=—0123456789Aa\u{301}", using: &random)
            let text = String(decoding: bytes, as: UTF8.self)
            do {
                switch place {
                case 0:
                    let note = try SignedNote(parsing: text)
                    _ = try? Checkpoint(parsing: note.text)
                    if try !note.verify(with: [key]).isEmpty { #expect(note.text == original.text, "\(seed)") }
                case 1:
                    let proof = try LogProof(parsing: text)
                    let checkpoint = try proof.verify(
                        leaf: TestTree.leaves[5], origin: PublishedNotes.origin, keys: [key])
                    #expect(checkpoint.size == 8, "\(seed)")
                default:
                    let other = try NoteKey(text)
                    if other.publicKey != key.publicKey || other.name != key.name {
                        #expect(throws: (any Error).self, "\(seed)") { try original.verify(with: [other]) }
                    }
                }
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1000)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog

@Suite struct CheckpointTests {
    @Test("The worked example of the documentation comes out, byte for byte")
    func workedExample() throws {
        var tree = MerkleTree()
        for leaf in TestTree.leaves { tree.append(.leaf(leaf)) }
        let signer = try NoteSigner(name: PublishedNotes.origin, seed: PublishedNotes.seed)
        #expect(signer.key.description == PublishedNotes.verifierKey)
        let checkpoint = Checkpoint(origin: PublishedNotes.origin, size: tree.size, root: tree.root)
        #expect(try checkpoint.signed(by: signer).published == PublishedNotes.checkpoint)
    }

    @Test("A published checkpoint is verified, for its origin only")
    func verify() throws {
        let note = try SignedNote(parsing: PublishedNotes.checkpoint)
        let key = try NoteKey(PublishedNotes.verifierKey)
        let checkpoint = try Checkpoint(verifying: note, origin: PublishedNotes.origin, keys: [key])
        #expect(checkpoint == Checkpoint(origin: PublishedNotes.origin, size: 8, root: TestTree.roots[8]))
        #expect(throws: NoteError.otherOrigin(found: PublishedNotes.origin, expected: "x")) {
            try Checkpoint(verifying: note, origin: "x", keys: [key])
        }
        let other = try NoteKey(PublishedNotes.exampleKey)
        #expect(throws: NoteError.untrusted(names: [PublishedNotes.origin])) {
            try Checkpoint(verifying: note, origin: PublishedNotes.origin, keys: [other])
        }
    }

    @Test("Extension lines are kept, and signed")
    func extensions() throws {
        let text = "log\n0\n\(PublishedNotes.emptyRoot)\nmore\nand more\n"
        let checkpoint = try Checkpoint(parsing: text)
        #expect(checkpoint.extensions == ["more", "and more"])
        #expect(checkpoint.root == .empty)
        #expect(checkpoint.text == text)
    }

    @Test(
        "What is no checkpoint is refused",
        arguments: [
            "", "log\n", "log\n1\n", "log\n01\n\(PublishedNotes.emptyRoot)\n", "log\n-1\n\(PublishedNotes.emptyRoot)\n",
            "log\n+1\n\(PublishedNotes.emptyRoot)\n", "log\n99999999999999999999\n\(PublishedNotes.emptyRoot)\n",
            "\n1\n\(PublishedNotes.emptyRoot)\n", "log\n1\nAAAA\n", "log\n1\n\(PublishedNotes.emptyRoot)",
            "log\n1\n\(PublishedNotes.emptyRoot)\n\nmore\n", "log\n٣\n\(PublishedNotes.emptyRoot)\n",
        ])
    func malformed(text: String) {
        #expect(throws: NoteError.self) { try Checkpoint(parsing: text) }
    }

    @Test("A witness's cosignature holds its time, and covers the checkpoint")
    func cosignature() throws {
        let witness = try NoteSigner(name: "witness.example/w1", algorithm: .cosignature, seed: PublishedNotes.seed)
        #expect(witness.key.description.contains("+BNdam"))
        var note = try SignedNote(parsing: PublishedNotes.checkpoint)
        note.add([witness.sign(note.text, time: 1_679_315_147)])
        let log = try NoteKey(PublishedNotes.verifierKey)
        let published = try SignedNote(parsing: note.published)
        #expect(try published.verify(with: [log, witness.key]) == [log, witness.key])

        // The same key over the plain text is no cosignature, and another time is another message.
        let plain = try NoteSigner(name: "witness.example/w1", seed: PublishedNotes.seed)
        #expect(plain.key.id != witness.key.id)
        var moved = published.signatures[1]
        moved.signature[7] ^= 1
        let forged = try SignedNote(text: note.text, signatures: [moved])
        #expect(throws: NoteError.badSignature(name: "witness.example/w1")) { try forged.verify(with: [witness.key]) }
    }
}

extension PublishedNotes {
    /// The root of the empty tree in base 64.
    static let emptyRoot = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
}

// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog

/// Keys and notes that others published.
enum PublishedNotes {
    /// RFC 8032, 7.1, test 1.
    static let seed = Hexadecimal.decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60") ?? []
    static let publicKey = Hexadecimal.decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a") ?? []

    static let origin = "vaultd.example/host1/audit"
    static let verifierKey = "vaultd.example/host1/audit+9be7abb2+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
    /// The tree of the RFC 6962 test vectors, signed with that key.
    static let checkpoint = """
        vaultd.example/host1/audit
        8
        XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

        — vaultd.example/host1/audit m+erssME5HxBRBwW+RKwZ1L4fz4tc/iI3Q0iRNW0lyfT9PcNZgjpBqiOwZa8c8JsXAL+dAgPOZ0EozvP0Gq2BWFTpQo=

        """

    /// The example of C2SP signed-note.
    static let exampleKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    static let exampleNote = """
        This is an example message.

        — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

        """
}

@Suite struct SignedNoteTests {
    @Test("The note of C2SP signed-note verifies with its key")
    func publishedNote() throws {
        let key = try NoteKey(PublishedNotes.exampleKey)
        #expect(key.name == "example.com/foo")
        #expect(key.id == 0x530d_903a)
        #expect(key.description == PublishedNotes.exampleKey)
        let note = try SignedNote(parsing: PublishedNotes.exampleNote)
        #expect(note.text == "This is an example message.\n")
        #expect(try note.verify(with: [key]) == [key])
        #expect(note.published == PublishedNotes.exampleNote)
    }

    @Test("Signing is RFC 8032: the empty message of its first test")
    func publishedSignature() throws {
        let signer = try NoteSigner(name: "x", seed: PublishedNotes.seed)
        #expect(signer.key.publicKey == PublishedNotes.publicKey)
        #expect(
            Hexadecimal.encode(signer.sign("").signature)
                == "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
                + "d25bf5f0595bbe24655141438e7a100b")
    }

    @Test("A changed text or signature is a bad signature, not an unknown one")
    func tampered() throws {
        let key = try NoteKey(PublishedNotes.exampleKey)
        let changed = PublishedNotes.exampleNote.replacing("message", with: "massage")
        #expect(throws: NoteError.badSignature(name: "example.com/foo")) {
            try SignedNote(parsing: changed).verify(with: [key])
        }
        var note = try SignedNote(parsing: PublishedNotes.exampleNote)
        var signature = note.signatures[0]
        signature.signature[10] ^= 1
        note = try SignedNote(text: note.text, signatures: [signature])
        #expect(throws: NoteError.badSignature(name: "example.com/foo")) { try note.verify(with: [key]) }
    }

    @Test("Signatures by unknown keys are ignored, also those that share a name or an id with a known one")
    func unknownKeys() throws {
        let key = try NoteKey(PublishedNotes.exampleKey)
        let other = try NoteSigner(name: "other.example")
        let namesake = try NoteSigner(name: "example.com/foo")
        let note = try SignedNote(parsing: PublishedNotes.exampleNote)
        var sharedID = other.sign(note.text)
        sharedID.keyID = key.id
        let signatures = [other.sign(note.text), namesake.sign(note.text), sharedID]
        #expect(throws: NoteError.untrusted(names: ["other.example", "example.com/foo", "other.example"])) {
            try SignedNote(text: note.text, signatures: signatures).verify(with: [key])
        }
        var mixed = try SignedNote(text: note.text, signatures: signatures)
        mixed.add(note.signatures + note.signatures)
        #expect(mixed.signatures.count == 4)
        #expect(try mixed.verify(with: [key, namesake.key]) == [namesake.key, key])
        #expect(try SignedNote(parsing: mixed.published) == mixed)
    }

    @Test("The text of a note may have empty lines; the last one divides")
    func emptyLines() throws {
        let signer = try NoteSigner(name: "poet.example")
        let note = try SignedNote(text: "a\n\nb\n", signer: signer)
        let again = try SignedNote(parsing: note.published)
        #expect(again.text == "a\n\nb\n")
        #expect(try again.verify(with: [signer.key]) == [signer.key])
    }

    @Test(
        "What is no note is refused",
        arguments: [
            "", "\n", "text\n", "text\n\n", "text\n\n— name\n", "text\n\n— name AAAA\n", "text\n\nname AAAAAAAA\n",
            "text\n\n— na+me AAAAAAAA\n", "text\n\n— name AAAAAAAA", "text\n\n— name AAAAAAA\n",
            "te\u{1}xt\n\n— name AAAAAAAA\n", "te\rxt\n\n— name AAAAAAAA\n", "text\n\n— name AAAAAAAA \n",
            "text\n\n— name AAAAAAAB==\n", "\n\n— name AAAAAAAA",
        ])
    func malformed(text: String) {
        #expect(throws: NoteError.self) { try SignedNote(parsing: text) }
    }

    @Test("Bytes that are not UTF-8, and more than a mebibyte of them, are refused")
    func malformedBytes() {
        #expect(throws: NoteError.self) {
            try SignedNote(parsing: [0xFF] + Array("\n\n— name AAAAAAAA\n".utf8))
        }
        #expect(throws: NoteError.self) {
            try SignedNote(parsing: [UInt8](repeating: 0x61, count: (1 << 20) + 1))
        }
    }

    @Test("Keys are written and read in the forms of C2SP and of Go")
    func keys() throws {
        let signer = try NoteSigner(name: "a.example/log")
        let again = try NoteSigner(signer.text)
        #expect(again.key == signer.key)
        #expect(again.text == signer.text)
        #expect(signer.text.hasPrefix("PRIVATE+KEY+a.example/log+"))
        #expect(try NoteKey(signer.key.description) == signer.key)
        #expect(throws: NoteError.self) { try NoteSigner(signer.text.replacing("a.example", with: "b.example")) }
        #expect(throws: NoteError.self) { try NoteKey(PublishedNotes.exampleKey.replacing("530d", with: "530e")) }
        #expect(throws: NoteError.self) { try NoteKey(PublishedNotes.exampleKey.replacing("+Aek", with: "+Bek")) }
        #expect(throws: NoteError.self) { try NoteKey("name") }
        #expect(throws: NoteError.self) { try NoteSigner(name: "with space") }
        #expect(throws: NoteError.self) { try NoteSigner(name: "") }
        #expect(throws: NoteError.self) { try NoteSigner(name: "a", seed: [1, 2, 3]) }
    }
}

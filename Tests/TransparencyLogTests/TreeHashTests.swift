// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog

@Suite struct TreeHashTests {
    @Test("The hash of no leaves is the hash of nothing")
    func empty() {
        #expect(TreeHash.empty.hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("A leaf is hashed behind a zero byte, a node behind a one")
    func prefixes() {
        let leaf = TreeHash.leaf(Array("abc".utf8))
        #expect(leaf == .digest(of: [0] + Array("abc".utf8)))
        #expect(TreeHash.node(leaf, .empty) == .digest(of: [1] + leaf.bytes + TreeHash.empty.bytes))
    }

    @Test("A hash is read from exactly 32 bytes or 64 digits")
    func forms() {
        let hash = TreeHash.leaf([1])
        #expect(TreeHash(hash.bytes) == hash)
        #expect(TreeHash(hexadecimal: hash.hexadecimal) == hash)
        #expect(TreeHash(hash.bytes.dropLast()) == nil)
        #expect(TreeHash(hexadecimal: String(hash.hexadecimal.dropLast(2))) == nil)
        #expect(TreeHash(hexadecimal: "g" + hash.hexadecimal.dropFirst()) == nil)
    }

    @Test("Hexadecimal digits are pairs")
    func hexadecimal() {
        #expect(Hexadecimal.encode([0x00, 0x9F, 0xFF]) == "009fff")
        #expect(Hexadecimal.decode("009FfF") == [0x00, 0x9F, 0xFF])
        #expect(Hexadecimal.decode("0") == nil)
        #expect(Hexadecimal.decode("0x") == nil)
    }
}

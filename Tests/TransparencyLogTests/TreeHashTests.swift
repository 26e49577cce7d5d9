// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog

@Suite struct TreeHashTests {
    @Test("The hash of no leaves is the hash of nothing")
    func empty() {
        #expect(TreeHash.empty.hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("A leaf of any length is hashed behind a zero byte", arguments: [0, 1, 55, 64, 1022, 1023, 1024, 1025, 5000])
    func leaf(length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        #expect(TreeHash.leaf(bytes) == .digest(of: [0] + bytes))
    }

    @Test("A node is hashed behind a one")
    func node() {
        let leaf = TreeHash.leaf(Array("abc".utf8))
        #expect(TreeHash.node(leaf, .empty) == .digest(of: [1] + leaf.bytes + TreeHash.empty.bytes))
    }

    @Test("A hash is read from exactly 32 bytes")
    func forms() {
        let hash = TreeHash.leaf([1])
        #expect(TreeHash(hash.bytes) == hash)
        #expect(TreeHash(hash.bytes.dropLast()) == nil)
    }

    @Test("Hexadecimal digits are pairs")
    func hexadecimal() {
        #expect(Hexadecimal.encode([0x00, 0x9F, 0xFF]) == "009fff")
        #expect(Hexadecimal.decode("009FfF") == [0x00, 0x9F, 0xFF])
        #expect(Hexadecimal.decode("0") == nil)
        #expect(Hexadecimal.decode("0x") == nil)
        #expect(Hexadecimal.decode("g0") == nil)
    }
}

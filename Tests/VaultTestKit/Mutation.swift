// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// These bytes with one to four random changes: bytes altered, cut out, doubled or put in.
    ///
    /// - Parameter alphabet: what is put in most often, such as the separators of a format.
    package func mutated(with alphabet: String, using random: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            let length = Int.random(in: 0...Swift.min(20, bytes.count - index), using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes.removeSubrange(index..<(index + length))
            case 3: bytes.insert(contentsOf: bytes[index..<(index + length)], at: index)
            case 4: bytes[index] = alphabet.utf8.randomElement(using: &random) ?? 0
            case 5: bytes.insert(alphabet.utf8.randomElement(using: &random) ?? 0, at: index)
            default: bytes.removeSubrange(index...)
            }
        }
        return bytes
    }
}

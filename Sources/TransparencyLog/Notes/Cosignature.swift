// SPDX-License-Identifier: Apache-2.0

/// The form of a witness's Ed25519 signature (C2SP tlog-cosignature): a time, big-endian, and a signature over that time
/// and the checkpoint's text.
enum Cosignature {
    static func message(time: UInt64, text: String) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
    }

    static func bytes(of time: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: time >> (56 - 8 * $0)) }
    }

    static func split(_ signature: [UInt8]) -> (time: UInt64, signature: [UInt8])? {
        guard signature.count == 8 + 64 else { return nil }
        let time = signature.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return time <= UInt64(Int64.max) ? (time, Array(signature.dropFirst(8))) : nil
    }
}

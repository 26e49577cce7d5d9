// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// Standard base 64 (RFC 4648, section 4), with padding, in its one canonical form.
enum Base64 {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString()
    }

    /// Nil for white space, missing padding, and bits that a decoder would drop.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let text = String(text)
        guard let data = Data(base64Encoded: text), data.base64EncodedString() == text else { return nil }
        return Array(data)
    }
}

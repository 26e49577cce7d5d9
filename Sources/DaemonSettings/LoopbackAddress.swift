// SPDX-License-Identifier: Apache-2.0

package import VaultModel

/// An address and a port of this host that no other host reaches: `127.0.0.1:9469`, `[::1]:9469`.
package struct LoopbackAddress: Sendable, Equatable {
    /// 4 bytes of IPv4 or 16 of IPv6, in network order.
    package let address: [UInt8]
    package let port: UInt16
    /// As it was written.
    package let text: String

    package init(_ text: String) throws(InvalidText) {
        let refusal = InvalidText(
            "'\(text)' is no port of the loopback interface", remedy: "write 127.0.0.1:PORT or [::1]:PORT")
        let bytes = Array(text.utf8)
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else { throw refusal }
        let digits = bytes[(colon + 1)...]
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
        else { throw refusal }
        switch String(decoding: bytes[..<colon], as: UTF8.self) {
        case "127.0.0.1": address = [127, 0, 0, 1]
        case "[::1]": address = [UInt8](repeating: 0, count: 15) + [1]
        default: throw refusal
        }
        self.port = port
        self.text = text
    }
}

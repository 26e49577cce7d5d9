// SPDX-License-Identifier: Apache-2.0

package import VaultModel

/// What s6 calls a descriptor: 1 to 255 bytes, none of them zero.
package struct FDHolderID: Hashable, Sendable {
    package static let maximumLength = 255

    package let bytes: [UInt8]

    package init?(_ bytes: some Collection<UInt8>) {
        guard (1...Self.maximumLength).contains(bytes.count), !bytes.contains(0) else { return nil }
        self.bytes = Array(bytes)
    }
}

/// How what is stored by s6's protocol is called in the vault: `PREFIX/IDENTIFIER`, in which the identifier is one segment.
///
/// Two identifiers are never one name: every byte that a segment cannot hold, `+` itself and a dot at the beginning are written
/// `+HH`.
package struct FDHolderNames: Equatable, Sendable {
    package let prefix: String

    /// - Throws: for a prefix that no name can have.
    package init(prefix: String) throws(InvalidText) {
        _ = try CapabilityName(prefix + "/n")
        self.prefix = prefix
    }

    /// The name of what has this identifier; nil: it is longer than names are.
    package func name(_ id: FDHolderID) -> CapabilityName? {
        try? CapabilityName(prefix + "/" + Self.segment(id.bytes))
    }

    /// The identifier that a name stands for; nil: none.
    package func id(_ name: CapabilityName) -> FDHolderID? {
        let start = Array((prefix + "/").utf8)
        let bytes = Array(name.text.utf8)
        guard bytes.starts(with: start) else { return nil }
        let segment = bytes[start.count...]
        guard !segment.contains(UInt8(ascii: "/")), let id = FDHolderID(Self.unescaped(segment)),
            self.name(id) == name
        else { return nil }
        return id
    }

    /// The names that identifiers have.
    package var pattern: String { prefix + "/*" }

    /// How a part of an identifier is written.
    /// - Parameter isStart: it is its beginning.
    package static func segment(_ bytes: some Collection<UInt8>, isStart: Bool = true) -> String {
        var segment: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            let isDotInFront = isStart && index == 0 && byte == UInt8(ascii: ".")
            if isPlain(byte), !isDotInFront {
                segment.append(byte)
            } else {
                segment += [UInt8(ascii: "+"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: segment, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    /// What a segment holds, without the sign that begins an escape.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "@"):
            true
        default: false
        }
    }

    /// What is no escape stays as it is, and then is no identifier's name.
    private static func unescaped(_ segment: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = segment
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "+"), rest.count >= 2,
                let high = digits.firstIndex(of: rest[rest.startIndex]),
                let low = digits.firstIndex(of: rest[rest.startIndex + 1])
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(UInt8(high << 4 | low))
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}

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
/// Two identifiers are never one name: they are written as those of ``StoreNames`` are.
package struct FDHolderNames: Equatable, Sendable {
    package let prefix: String

    /// - Throws: for a prefix that no name can have.
    package init(prefix: String) throws(InvalidText) {
        _ = try CapabilityName(prefix + "/n")
        self.prefix = prefix
    }

    /// The name of what has this identifier; nil: it is longer than names are.
    package func name(_ id: FDHolderID) -> CapabilityName? {
        try? CapabilityName(prefix + "/" + StoreNames.segment(id.bytes))
    }

    /// The identifier that a name stands for; nil: none.
    package func id(_ name: CapabilityName) -> FDHolderID? {
        let start = Array((prefix + "/").utf8)
        let bytes = Array(name.text.utf8)
        guard bytes.starts(with: start) else { return nil }
        let segment = bytes[start.count...]
        guard !segment.contains(UInt8(ascii: "/")), let id = FDHolderID(StoreNames.unescaped(segment)),
            self.name(id) == name
        else { return nil }
        return id
    }

    /// The names that identifiers have.
    package var pattern: String { prefix + "/*" }
}

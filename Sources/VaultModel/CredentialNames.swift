// SPDX-License-Identifier: Apache-2.0

/// How what a unit asks its service manager for (`LoadCredential=`) is called in the vault, such as
/// `services/{unit}/{credential}`.
///
/// Two units never share a name where `{unit}` is in it, nor do two credentials: what a segment cannot hold is written as
/// ``StoreNames`` writes it.
package struct CredentialNames: Equatable, Sendable {
    /// What is usual.
    package static let usual = "services/{unit}/{credential}"

    private static let (unit, credential) = ("{unit}", "{credential}")

    /// As it is written.
    package let template: String

    /// - Throws: for what has no `{credential}`, or that no name can have.
    package init(_ template: String) throws(InvalidText) {
        self.template = template
        guard Self.parts(template, Self.credential).count == 2, Self.parts(template, Self.unit).count <= 2 else {
            throw InvalidText(
                "'{credential}' does not stand in it once, or '{unit}' more than once",
                remedy: "write the names as in \(Self.usual)")
        }
        _ = try CapabilityName(Self.filled(template, "u", "c"))
    }

    /// The name of a credential of a unit; nil where it is longer than names are.
    package func name(unit: some Collection<UInt8>, credential: some Collection<UInt8>) -> CapabilityName? {
        try? CapabilityName(
            Self.filled(template, StoreNames.segment(unit), StoreNames.segment(credential)))
    }

    /// The names of all credentials of a unit; nil where they would be longer than names are.
    package func pattern(unit: String) -> String? {
        let pattern = Self.filled(template, StoreNames.segment(unit.utf8), "*")
        return (try? NamePattern(pattern)).map { _ in pattern }
    }

    /// The credential of a unit that a name stands for, as `LoadCredential=` has it; nil: none.
    package func credential(of name: String, unit: String) -> String? {
        let around = Self.parts(Self.filled(template, StoreNames.segment(unit.utf8), Self.credential), Self.credential)
        let bytes = Array(name.utf8)
        let (before, behind) = (Array(around[0].utf8), Array(around[1].utf8))
        guard bytes.count > before.count + behind.count, bytes.starts(with: before),
            bytes.reversed().starts(with: behind.reversed())
        else { return nil }
        let credential = StoreNames.unescaped(bytes[before.count..<(bytes.count - behind.count)])
        guard self.name(unit: unit.utf8, credential: credential)?.text == name else { return nil }
        return String(decoding: credential, as: UTF8.self)
    }

    private static func parts(_ text: String, _ place: String) -> [String] {
        var parts: [String] = [""]
        var rest = Substring(text)
        while let first = rest.first {
            if rest.hasPrefix(place) {
                parts.append("")
                rest = rest.dropFirst(place.count)
            } else {
                parts[parts.count - 1].append(first)
                rest = rest.dropFirst()
            }
        }
        return parts
    }

    private static func filled(_ template: String, _ unit: String, _ credential: String) -> String {
        parts(template, Self.unit).map { parts($0, Self.credential).joined(separator: credential) }
            .joined(separator: unit)
    }
}

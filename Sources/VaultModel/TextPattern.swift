// SPDX-License-Identifier: Apache-2.0

/// What a selector wants of a fact that is a text (label, cgroup, unit, executable): the text itself, or a pattern of
/// the same form as for names, such as `worker@*.service` or `/system.slice/**`. A `*` never crosses a `/`.
package struct TextPattern: Hashable, Sendable, CustomStringConvertible {
    /// The longest pattern, in bytes.
    package static let maximumLength = 4096

    private let glob: SegmentGlob

    /// Throws when the text is empty, too long, or holds control characters.
    package init(_ text: String) throws(InvalidText) {
        guard !text.isEmpty else {
            throw InvalidText("the text is empty", remedy: "write what the selector wants, or leave the selector out")
        }
        guard text.utf8.count <= Self.maximumLength else {
            throw InvalidText(
                "the text has \(text.utf8.count) bytes", remedy: "use at most \(Self.maximumLength) bytes")
        }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw InvalidText("the text holds a control character", remedy: "remove it")
        }
        glob = try SegmentGlob(text)
    }

    package var text: String { glob.text }

    /// Whether the pattern holds no wildcard.
    package var isLiteral: Bool { glob.isLiteral }

    package func matches(_ subject: String) -> Bool { glob.matches(subject) }

    package var description: String { text }
}

// SPDX-License-Identifier: Apache-2.0

/// Names of capabilities: `*` is one segment or any part of one, `**` any number of segments, none included, so that
/// `logs/**` matches `logs`, `logs/web` and `logs/web/access`.
package struct NamePattern: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let glob: SegmentGlob

    /// Throws when the text is not a pattern of names.
    package init(_ text: String) throws(InvalidText) {
        try CapabilityName.check(text, what: "pattern", wildcards: true)
        glob = try SegmentGlob(text)
    }

    /// The pattern that matches one name.
    package init(_ name: CapabilityName) {
        // A name holds no '*', which alone a glob can be wrong about.
        guard let pattern = try? NamePattern(name.text) else { preconditionFailure("a name is a pattern") }
        self = pattern
    }

    package var text: String { glob.text }

    /// Whether the pattern holds no wildcard.
    package var isLiteral: Bool { glob.isLiteral }

    package func matches(_ name: CapabilityName) -> Bool { glob.matches(name.text) }

    package var description: String { text }

    package static func < (left: NamePattern, right: NamePattern) -> Bool { left.text < right.text }
}

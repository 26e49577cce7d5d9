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

extension NamePattern {
    private var segments: [Substring] { text.split(separator: "/") }

    /// Whether every name that `other` matches is matched by this one, as far as the texts tell: where it answers yes it
    /// is so; a `*` within a segment of both may be answered no although it is.
    package func covers(_ other: NamePattern) -> Bool {
        Self.covers(segments[...], other.segments[...])
    }

    /// Whether there may be a name that both match; no is certain.
    package func overlaps(_ other: NamePattern) -> Bool {
        Self.overlap(segments[...], other.segments[...])
    }

    private static func covers(_ own: ArraySlice<Substring>, _ other: ArraySlice<Substring>) -> Bool {
        guard let first = own.first else { return other.isEmpty }
        if first == "**" {
            return covers(own.dropFirst(), other) || (!other.isEmpty && covers(own, other.dropFirst()))
        }
        guard let theirs = other.first, theirs != "**" else { return false }
        return segmentCovers(first, theirs) && covers(own.dropFirst(), other.dropFirst())
    }

    private static func segmentCovers(_ own: Substring, _ other: Substring) -> Bool {
        if own == "*" || own == other { return true }
        guard !other.contains("*") else { return false }
        return (try? SegmentGlob(String(own)))?.matches(String(other)) ?? false
    }

    private static func overlap(_ left: ArraySlice<Substring>, _ right: ArraySlice<Substring>) -> Bool {
        if left.first == "**" {
            return overlap(left.dropFirst(), right) || (!right.isEmpty && overlap(left, right.dropFirst()))
        }
        if right.first == "**" { return overlap(right, left) }
        guard let first = left.first, let second = right.first else { return left.isEmpty && right.isEmpty }
        return segmentsOverlap(first, second) && overlap(left.dropFirst(), right.dropFirst())
    }

    private static func segmentsOverlap(_ left: Substring, _ right: Substring) -> Bool {
        switch (left.contains("*"), right.contains("*")) {
        case (false, false): return left == right
        case (true, false): return segmentCovers(left, right)
        case (false, true): return segmentCovers(right, left)
        case (true, true):
            // What stands before the first star and behind the last one has to agree; between them all is possible.
            let heads = (left.prefix { $0 != "*" }, right.prefix { $0 != "*" })
            let tails = (left.reversed().prefix { $0 != "*" }, right.reversed().prefix { $0 != "*" })
            return (heads.0.hasPrefix(heads.1) || heads.1.hasPrefix(heads.0))
                && (String(tails.0).hasPrefix(String(tails.1)) || String(tails.1).hasPrefix(String(tails.0)))
        }
    }
}

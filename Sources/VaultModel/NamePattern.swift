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

    private init(kept glob: SegmentGlob) { self.glob = glob }

    func kept(_ texts: inout KeptTexts) -> NamePattern { NamePattern(kept: glob.kept(&texts)) }

    package var text: String { glob.text }

    /// Whether the pattern holds no wildcard.
    package var isLiteral: Bool { glob.isLiteral }

    package func matches(_ name: CapabilityName) -> Bool { glob.matches(name.text) }

    package var description: String { text }

    package static func < (left: NamePattern, right: NamePattern) -> Bool { left.text < right.text }
}

extension NamePattern {
    private static let star = UInt8(ascii: "*")
    private static let deep: [UInt8] = [star, star]

    private var segments: [[UInt8]] { text.utf8.split(separator: UInt8(ascii: "/")).map(Array.init) }

    /// Whether every name that `other` matches is matched by this one, as far as the texts tell: where it answers yes it
    /// is so; a `*` within a segment of both may be answered no although it is.
    ///
    /// It looks at each pair of segments once, whatever the patterns: administrators' clients choose them.
    package func covers(_ other: NamePattern) -> Bool {
        let (own, other) = (segments, other.segments)
        // Whether what follows the segments before covers what follows the other's segments before each index.
        var rest = Array(repeating: false, count: other.count) + [true]
        for segment in own.reversed() {
            var answers = rest
            for index in answers.indices.reversed() {
                let isLast = index == other.count
                if segment == Self.deep {
                    answers[index] = rest[index] || (!isLast && answers[index + 1])
                } else {
                    answers[index] =
                        !isLast && rest[index + 1] && other[index] != Self.deep
                        && Self.segmentCovers(segment, other[index])
                }
            }
            rest = answers
        }
        return rest[0]
    }

    /// Whether there may be a name that both match; no is certain. It looks at each pair of segments once.
    package func overlaps(_ other: NamePattern) -> Bool {
        let (own, other) = (segments, other.segments)
        // Whether what follows the segments before overlaps what follows the other's segments before each index.
        var rest = Array(repeating: false, count: other.count) + [true]
        for index in other.indices.reversed() { rest[index] = rest[index + 1] && other[index] == Self.deep }
        for segment in own.reversed() {
            var answers = rest
            for index in answers.indices.reversed() {
                let isLast = index == other.count
                if segment == Self.deep || (!isLast && other[index] == Self.deep) {
                    answers[index] = (isLast ? false : answers[index + 1]) || rest[index]
                } else {
                    answers[index] = !isLast && rest[index + 1] && Self.segmentsOverlap(segment, other[index])
                }
            }
            rest = answers
        }
        return rest[0]
    }

    private static func segmentCovers(_ own: [UInt8], _ other: [UInt8]) -> Bool {
        if own == [star] || own == other { return true }
        return !other.contains(star) && SegmentGlob.matchSegment(own.span, other.span)
    }

    private static func segmentsOverlap(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        switch (left.contains(star), right.contains(star)) {
        case (false, false): left == right
        case (true, false): segmentCovers(left, right)
        case (false, true): segmentCovers(right, left)
        // What stands before the first star and behind the last one has to agree; between them all is possible.
        case (true, true): agreeUpToStar(left, right) && agreeUpToStar(left.reversed(), right.reversed())
        }
    }

    private static func agreeUpToStar(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Bool {
        for (one, other) in zip(left, right) {
            if one == star || other == star { return true }
            if one != other { return false }
        }
        return true
    }
}

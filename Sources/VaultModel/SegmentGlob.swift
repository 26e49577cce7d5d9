// SPDX-License-Identifier: Apache-2.0

/// Text in segments joined by `/`, in which `*` stands for one segment or any part of one, and a segment `**` for any
/// number of segments, none included.
///
/// A match takes at most (length of the text × length of the pattern) steps for each segment of the pattern, whatever
/// the text: clients choose some of the texts.
struct SegmentGlob: Hashable, Sendable {
    let text: String

    /// Whether the pattern is the one text that it matches.
    let isLiteral: Bool

    private static let slash = UInt8(ascii: "/")
    private static let star = UInt8(ascii: "*")

    /// Throws when `**` does not stand alone in its segment.
    init(_ text: String) throws(InvalidText) {
        self.text = text
        isLiteral = !text.utf8.contains(Self.star)
        guard !isLiteral else { return }
        for segment in text.utf8.split(separator: Self.slash) where segment.count > 2 {
            var previousIsStar = false
            for byte in segment {
                guard !(previousIsStar && byte == Self.star) else {
                    throw InvalidText(
                        "'**' does not stand alone in '\(String(decoding: segment, as: UTF8.self))'",
                        remedy: "write '*' for a part of a segment, or '**' between slashes for any number of them")
                }
                previousIsStar = byte == Self.star
            }
        }
    }

    private init(kept text: String, isLiteral: Bool) { (self.text, self.isLiteral) = (text, isLiteral) }

    func kept(_ texts: inout KeptTexts) -> SegmentGlob { SegmentGlob(kept: texts.keep(text), isLiteral: isLiteral) }

    static func == (left: Self, right: Self) -> Bool { left.text.isSame(as: right.text) }

    func matches(_ subject: String) -> Bool {
        // Not `==`: two texts that look the same and have other bytes name two files.
        if isLiteral { return text.utf8.elementsEqual(subject.utf8) }
        return Self.match(text.utf8Span.span, subject.utf8Span.span)
    }

    /// Both cursors lie on the start of a segment; `count + 1` is the start after the last one. Going back to the last
    /// `**` alone is enough: what an earlier one would take, the last one can take as well.
    private static func match(_ pattern: Span<UInt8>, _ subject: Span<UInt8>) -> Bool {
        var inPattern = 0
        var inSubject = 0
        var afterDeep = -1
        var takenByDeep = 0
        while inSubject <= subject.count {
            if inPattern <= pattern.count {
                let patternEnd = segmentEnd(pattern, inPattern)
                if isDeep(pattern, inPattern, patternEnd) {
                    inPattern = patternEnd + 1
                    afterDeep = inPattern
                    takenByDeep = inSubject
                    continue
                }
                let subjectEnd = segmentEnd(subject, inSubject)
                if matchSegment(pattern.extracting(inPattern..<patternEnd), subject.extracting(inSubject..<subjectEnd))
                {
                    inPattern = patternEnd + 1
                    inSubject = subjectEnd + 1
                    continue
                }
            }
            guard afterDeep >= 0 else { return false }
            takenByDeep = segmentEnd(subject, takenByDeep) + 1
            inSubject = takenByDeep
            inPattern = afterDeep
        }
        while inPattern <= pattern.count {
            let end = segmentEnd(pattern, inPattern)
            guard isDeep(pattern, inPattern, end) else { return false }
            inPattern = end + 1
        }
        return true
    }

    /// Whether one segment matches; `*` stands for any bytes of it.
    static func matchSegment(_ pattern: Span<UInt8>, _ subject: Span<UInt8>) -> Bool {
        var inPattern = 0
        var inSubject = 0
        var afterStar = -1
        var takenByStar = 0
        while inSubject < subject.count {
            if inPattern < pattern.count, pattern[inPattern] == star {
                inPattern += 1
                afterStar = inPattern
                takenByStar = inSubject
            } else if inPattern < pattern.count, pattern[inPattern] == subject[inSubject] {
                inPattern += 1
                inSubject += 1
            } else {
                guard afterStar >= 0 else { return false }
                takenByStar += 1
                inSubject = takenByStar
                inPattern = afterStar
            }
        }
        while inPattern < pattern.count, pattern[inPattern] == star { inPattern += 1 }
        return inPattern == pattern.count
    }

    private static func segmentEnd(_ text: Span<UInt8>, _ start: Int) -> Int {
        var end = start
        while end < text.count, text[end] != slash { end += 1 }
        return end
    }

    private static func isDeep(_ pattern: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        end - start == 2 && pattern[start] == star && pattern[start + 1] == star
    }
}

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

    private init(kept glob: SegmentGlob) { self.glob = glob }

    func kept(_ texts: inout KeptTexts) -> TextPattern { TextPattern(kept: glob.kept(&texts)) }

    package var text: String { glob.text }

    /// Whether the pattern holds no wildcard.
    package var isLiteral: Bool { glob.isLiteral }

    package func matches(_ subject: String) -> Bool { glob.matches(subject) }

    package var description: String { text }
}

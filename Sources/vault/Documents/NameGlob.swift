// SPDX-License-Identifier: Apache-2.0

/// A pattern of names: `*` is one segment or a part of one, `**` any number of segments, none included.
struct NameGlob {
    private let segments: [Substring]

    init(_ pattern: String) {
        segments = pattern.split(separator: "/", omittingEmptySubsequences: false)
    }

    func matches(_ name: String) -> Bool {
        let names = name.split(separator: "/", omittingEmptySubsequences: false)
        return Self.match(segments, names, isWild: { $0 == "**" }, fits: Self.match)
    }

    private static func match(_ pattern: Substring, _ segment: Substring) -> Bool {
        match(Array(pattern.utf8), Array(segment.utf8), isWild: { $0 == UInt8(ascii: "*") }, fits: ==)
    }

    /// Going back to the last wildcard alone is enough: what an earlier one would take, the last one can take as well.
    private static func match<Element>(
        _ pattern: [Element], _ text: [Element], isWild: (Element) -> Bool, fits: (Element, Element) -> Bool
    ) -> Bool {
        var (inPattern, inText) = (0, 0)
        var lastWild: (pattern: Int, text: Int)?
        while inText < text.count {
            if inPattern < pattern.count, isWild(pattern[inPattern]) {
                lastWild = (inPattern, inText)
                inPattern += 1
            } else if inPattern < pattern.count, fits(pattern[inPattern], text[inText]) {
                inPattern += 1
                inText += 1
            } else if let wild = lastWild {
                lastWild = (wild.pattern, wild.text + 1)
                (inPattern, inText) = (wild.pattern + 1, wild.text + 1)
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy(isWild)
    }
}

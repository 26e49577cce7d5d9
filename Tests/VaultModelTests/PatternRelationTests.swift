// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultTestKit

@Suite("What patterns have in common")
struct PatternRelationTests {
    @Test(
        "A pattern covers another when it matches all that the other matches",
        arguments: [
            ("**", "a/*", true), ("a/**", "a", true), ("a/**", "a/*/**", true), ("a/*", "a/**", false),
            ("*", "a*b", true), ("a*", "a*b", false), ("a*", "ab", true), ("**/b", "a/**/b", true),
            ("**/**", "a", true), ("a/b", "a/b", true), ("a/b", "a/c", false), ("**/a/**/b", "x/a/y/b", true),
            ("**/a/**/b", "x/a/y", false),
        ])
    func covering(own: String, other: String, expected: Bool) throws {
        #expect(try NamePattern(own).covers(NamePattern(other)) == expected)
    }

    @Test(
        "Two patterns overlap when there may be a name that both match",
        arguments: [
            ("**", "a/*", true), ("a/**", "**/b", true), ("a/**", "b/**", false), ("a*", "*b", true),
            ("a*", "b*", false), ("*a", "*b", false), ("a/*/c", "a/b/*", true), ("a/**/c", "a/b", false),
            ("ab", "a*", true), ("a", "a/**", true), ("**/a", "a/**", true), ("a*x", "ab*yx", true),
        ])
    func overlapping(left: String, right: String, expected: Bool) throws {
        #expect(try NamePattern(left).overlaps(NamePattern(right)) == expected)
        #expect(try NamePattern(right).overlaps(NamePattern(left)) == expected)
    }

    @Test("Both are what their definitions say, and true of every name")
    func definitions() throws {
        var random = Seed().generator
        let parts = ["**", "**", "*", "a", "b", "a*", "*a", "*b", "ab*", "a*b", "ab"]
        func pattern() -> String {
            (0..<Int.random(in: 1...5, using: &random)).map { _ in parts.randomElement(using: &random)! }
                .joined(separator: "/")
        }
        func name() -> String {
            (0..<Int.random(in: 1...4, using: &random)).map { _ in
                ["a", "b", "ab", "aab"].randomElement(using: &random)!
            }
            .joined(separator: "/")
        }
        for _ in 0..<Soak.count(5000, full: 500_000) {
            let (left, right) = (pattern(), pattern())
            let (own, other) = (try NamePattern(left), try NamePattern(right))
            #expect(own.covers(other) == Definition.covers(left, right), "\(left) \(right)")
            #expect(own.overlaps(other) == Definition.overlaps(left, right), "\(left) \(right)")
            let name = try CapabilityName(name())
            #expect(!own.covers(other) || !other.matches(name) || own.matches(name), "\(left) \(right) \(name)")
            #expect(own.overlaps(other) || !own.matches(name) || !other.matches(name), "\(left) \(right) \(name)")
        }
    }

    @Test("The longest patterns with the most wildcards are compared at once", .timeLimit(.minutes(1)))
    func bounded() throws {
        // Each `**` doubles the ways to lay one pattern over the other: what tries them does not end.
        func repeated(_ text: String, _ last: String) throws -> NamePattern {
            let count = (CapabilityName.maximumLength - last.utf8.count) / text.utf8.count
            return try NamePattern(String(repeating: text, count: count) + last)
        }
        let (deep, plain) = (try repeated("**/a/", "b"), try repeated("a/", "c"))
        let otherDeep = try repeated("a/**/", "c")
        for (left, right) in [(deep, plain), (plain, deep), (deep, otherDeep), (otherDeep, deep), (deep, deep)] {
            #expect(left.covers(right) == (left == right))
            #expect(left.overlaps(right) == (left == right))
        }
    }
}

/// The relations as they are said, trying all ways.
private enum Definition {
    static func covers(_ own: String, _ other: String) -> Bool {
        covers(own.split(separator: "/")[...], other.split(separator: "/")[...])
    }

    static func overlaps(_ left: String, _ right: String) -> Bool {
        overlap(left.split(separator: "/")[...], right.split(separator: "/")[...])
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
        return (try? TextPattern(String(own)))?.matches(String(other)) ?? false
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
            let heads = (left.prefix { $0 != "*" }, right.prefix { $0 != "*" })
            let tails = (left.reversed().prefix { $0 != "*" }, right.reversed().prefix { $0 != "*" })
            return (heads.0.hasPrefix(heads.1) || heads.1.hasPrefix(heads.0))
                && (String(tails.0).hasPrefix(String(tails.1)) || String(tails.1).hasPrefix(String(tails.0)))
        }
    }
}

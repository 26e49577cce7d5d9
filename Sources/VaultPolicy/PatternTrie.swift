// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// The patterns of a policy as one tree of shared prefixes: finds those that match a name without looking at the rest,
/// so that the time depends on the name and on the patterns that come near it, not on how many there are.
package struct PatternTrie: Sendable {
    /// What stands for the wildcards in an encoded pattern; less than every byte of a name.
    private enum Token {
        /// Any bytes of one segment, none included.
        static let star: UInt8 = 1
        /// Any number of whole segments, each with the slash behind it.
        static let deep: UInt8 = 2
        /// Any number of whole segments to the end, each with the slash before it.
        static let deepEnd: UInt8 = 3
        /// Every name.
        static let all: UInt8 = 4
    }

    /// What is matched at a node once its label has been.
    private struct Node {
        /// The bytes that lead to it, in `labels`.
        var label: Range<Int32>
        /// The nodes that go on with a byte, by that byte, in `branches`.
        var branches: Range<Int32> = 0..<0
        /// The nodes behind `*` and behind `**/`; -1: none.
        var star: Int32 = -1
        var deep: Int32 = -1
        /// The patterns that end here, and behind `/**`; -1: none.
        var pattern: Int32 = -1
        var deepPattern: Int32 = -1
        /// Whether a wildcard lies on the way here.
        var followsWildcard: Bool
    }

    private struct Branch {
        let byte: UInt8
        let node: Int32
    }

    private var labels: [UInt8] = []
    private var nodes: [Node] = []
    private var branches: [Branch] = []
    private var everyName: Int32 = -1

    /// How many different patterns there are; they have the numbers below.
    package let count: Int

    /// The number of each pattern that was given, in the same order. Patterns that mean the same have the same.
    package let numbers: [Int32]

    package init(_ patterns: [NamePattern]) {
        var distinct: [[UInt8]: Int32] = [:]
        numbers = patterns.map { pattern in
            let encoded = Self.encode(pattern)
            let number = distinct[encoded] ?? Int32(distinct.count)
            distinct[encoded] = number
            return number
        }
        count = distinct.count
        let sorted = distinct.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        if !sorted.isEmpty { _ = build(sorted[...], depth: 0, followsWildcard: false) }
    }

    /// Adds to `found` the numbers of the patterns that match.
    package func match(_ name: CapabilityName, into found: inout [Int32]) {
        if everyName >= 0 { found.append(everyName) }
        guard !nodes.isEmpty else { return }
        var walk = Walk(visited: [])
        walk.match(self, 0, name.text.utf8Span.span, 0, &found)
    }

    // MARK: Building

    private static func encode(_ pattern: NamePattern) -> [UInt8] {
        if pattern.isLiteral { return Array(pattern.text.utf8) }
        let slash = UInt8(ascii: "/")
        var segments = pattern.text.utf8.split(separator: slash).map(Array.init)
        let deep = Array("**".utf8)
        for index in segments.indices.dropFirst().reversed()
        where segments[index] == deep && segments[index - 1] == deep {
            segments.remove(at: index)
        }
        if segments == [deep] { return [Token.all] }
        var tokens: [UInt8] = []
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            if segment == deep {
                if isLast {
                    tokens[tokens.count - 1] = Token.deepEnd
                } else {
                    tokens.append(Token.deep)
                }
                continue
            }
            tokens += segment.map { $0 == UInt8(ascii: "*") ? Token.star : $0 }
            if !isLast { tokens.append(slash) }
        }
        return tokens
    }

    /// Builds the node for patterns that share their first `depth` tokens.
    private mutating func build(
        _ patterns: ArraySlice<(key: [UInt8], value: Int32)>, depth: Int, followsWildcard: Bool
    ) -> Int32 {
        let first = patterns[patterns.startIndex].key
        let last = patterns[patterns.endIndex - 1].key
        var end = depth
        while end < first.count, end < last.count, first[end] == last[end], first[end] > Token.all { end += 1 }
        let number = Int32(nodes.count)
        let labelStart = Int32(labels.count)
        labels += first[depth..<end]
        nodes.append(Node(label: labelStart..<Int32(labels.count), followsWildcard: followsWildcard))
        var found: [Branch] = []
        var rest = patterns
        while let next = rest.first {
            guard next.key.count > end else {
                nodes[Int(number)].pattern = next.value
                rest = rest.dropFirst()
                continue
            }
            let token = next.key[end]
            let group = rest.prefix { $0.key.count > end && $0.key[end] == token }
            rest = rest.dropFirst(group.count)
            switch token {
            case Token.star:
                nodes[Int(number)].star = build(group, depth: end + 1, followsWildcard: true)
            case Token.deep:
                nodes[Int(number)].deep = build(group, depth: end + 1, followsWildcard: true)
            case Token.deepEnd: nodes[Int(number)].deepPattern = next.value
            case Token.all: everyName = next.value
            default:
                found.append(
                    Branch(byte: token, node: build(group, depth: end, followsWildcard: followsWildcard)))
            }
        }
        let branchStart = Int32(branches.count)
        branches += found
        nodes[Int(number)].branches = branchStart..<Int32(branches.count)
        return number
    }

    private func branch(_ range: Range<Int32>, on byte: UInt8) -> Int? {
        var low = Int(range.lowerBound)
        var high = Int(range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if branches[middle].byte < byte { low = middle + 1 } else { high = middle }
        }
        return low < range.upperBound && branches[low].byte == byte ? Int(branches[low].node) : nil
    }

    // MARK: Matching

    /// One search. A wildcard behind another can be reached again at a later place of the name; what it can take from
    /// there it has taken before, so it is walked once for a segment (`*`) or a name (`**`), and the time stays bounded
    /// whatever the client's name is. Places at which one wildcard is reached never go back.
    private struct Walk {
        /// Wildcards with the place up to which they have been tried.
        var visited: [(node: Int32, end: Int)]

        mutating func match(
            _ trie: borrowing PatternTrie, _ start: Int, _ name: Span<UInt8>, _ place: Int, _ found: inout [Int32]
        ) {
            var number = start
            var place = place
            while true {
                let node = trie.nodes[number]
                for index in node.label {
                    guard place < name.count, name[place] == trie.labels[Int(index)] else { return }
                    place += 1
                }
                if node.pattern >= 0, place == name.count { add(node.pattern, node, &found) }
                if node.deepPattern >= 0, place == name.count || name[place] == UInt8(ascii: "/") {
                    add(node.deepPattern, node, &found)
                }
                if node.star >= 0 { matchStar(trie, node, name, place, &found) }
                if node.deep >= 0 { matchDeep(trie, node, name, place, &found) }
                guard place < name.count, let next = trie.branch(node.branches, on: name[place]) else { return }
                number = next
            }
        }

        /// Behind a wildcard a pattern can match in more than one way.
        private func add(_ pattern: Int32, _ node: Node, _ found: inout [Int32]) {
            if !node.followsWildcard || !found.contains(pattern) { found.append(pattern) }
        }

        private mutating func matchStar(
            _ trie: borrowing PatternTrie, _ node: Node, _ name: Span<UInt8>, _ place: Int, _ found: inout [Int32]
        ) {
            var end = place
            while end < name.count, name[end] != UInt8(ascii: "/") { end += 1 }
            if node.followsWildcard, !visit(node.star, place, end) { return }
            for place in place...end { match(trie, Int(node.star), name, place, &found) }
        }

        private mutating func matchDeep(
            _ trie: borrowing PatternTrie, _ node: Node, _ name: Span<UInt8>, _ place: Int, _ found: inout [Int32]
        ) {
            if node.followsWildcard, !visit(node.deep, place, name.count) { return }
            match(trie, Int(node.deep), name, place, &found)
            for index in place..<name.count where name[index] == UInt8(ascii: "/") {
                match(trie, Int(node.deep), name, index + 1, &found)
            }
        }

        private mutating func visit(_ node: Int32, _ place: Int, _ end: Int) -> Bool {
            guard let index = visited.firstIndex(where: { $0.node == node }) else {
                visited.append((node, end))
                return true
            }
            guard visited[index].end < place else { return false }
            visited[index].end = end
            return true
        }
    }
}

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
        var encoded = Encoded()
        for pattern in patterns { Self.encode(pattern, into: &encoded) }
        let sorted = encoded.sorted
        // Those that mean the same lie side by side.
        var numbers = Array(repeating: 0 as Int32, count: patterns.count)
        var distinct: [Int32] = []
        for place in sorted {
            if distinct.last.map({ !encoded.areSame($0, place) }) ?? true { distinct.append(place) }
            numbers[Int(place)] = Int32(distinct.count - 1)
        }
        self.numbers = numbers
        count = distinct.count
        if !distinct.isEmpty { _ = build(distinct.indices, depth: 0, followsWildcard: false, distinct, encoded) }
    }

    /// Patterns as tokens, all in one array: they are sorted, and there are many.
    private struct Encoded {
        var tokens: [UInt8] = []
        var starts: [Int32] = [0]

        mutating func end() { starts.append(Int32(tokens.count)) }

        func range(_ place: Int32) -> Range<Int> { Int(starts[Int(place)])..<Int(starts[Int(place) + 1]) }

        /// nil behind the last one.
        func token(_ place: Int32, _ depth: Int) -> UInt8? {
            let range = range(place)
            return depth < range.count ? tokens[range.lowerBound + depth] : nil
        }

        func areSame(_ left: Int32, _ right: Int32) -> Bool { tokens[range(left)] == tokens[range(right)] }

        /// Their places, in the order of their tokens.
        var sorted: [Int32] {
            let span = tokens.span
            return (0..<Int32(starts.count - 1)).sorted { left, right in
                let (left, right) = (range(left), range(right))
                for offset in 0..<min(left.count, right.count) {
                    let (one, other) = (span[left.lowerBound + offset], span[right.lowerBound + offset])
                    if one != other { return one < other }
                }
                return left.count < right.count
            }
        }
    }

    /// Adds to `found` the numbers of the patterns that match.
    package func match(_ name: CapabilityName, into found: inout [Int32]) {
        if everyName >= 0 { found.append(everyName) }
        guard !nodes.isEmpty else { return }
        var walk = Walk(visited: [])
        walk.match(self, 0, name.text.utf8Span.span, 0, &found)
    }

    // MARK: Building

    private static func encode(_ pattern: NamePattern, into encoded: inout Encoded) {
        defer { encoded.end() }
        if pattern.isLiteral {
            encoded.tokens += pattern.text.utf8
            return
        }
        let slash = UInt8(ascii: "/")
        var segments = pattern.text.utf8.split(separator: slash).map(Array.init)
        let deep = Array("**".utf8)
        for index in segments.indices.dropFirst().reversed()
        where segments[index] == deep && segments[index - 1] == deep {
            segments.remove(at: index)
        }
        if segments == [deep] {
            encoded.tokens.append(Token.all)
            return
        }
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
        encoded.tokens += tokens
    }

    /// Builds the node for patterns that share their first `depth` tokens.
    /// - Parameter numbers: of the patterns, in the order of their tokens; `places` are theirs in `encoded`.
    private mutating func build(
        _ numbers: Range<Int>, depth: Int, followsWildcard: Bool, _ places: [Int32], _ encoded: Encoded
    ) -> Int32 {
        func token(_ number: Int, _ depth: Int) -> UInt8? { encoded.token(places[number], depth) }
        let first = encoded.range(places[numbers.lowerBound])
        var end = depth
        while let next = token(numbers.lowerBound, end), next > Token.all, token(numbers.upperBound - 1, end) == next {
            end += 1
        }
        let node = Int32(nodes.count)
        let labelStart = Int32(labels.count)
        labels += encoded.tokens[(first.lowerBound + depth)..<(first.lowerBound + end)]
        nodes.append(Node(label: labelStart..<Int32(labels.count), followsWildcard: followsWildcard))
        var found: [Branch] = []
        var next = numbers.lowerBound
        while next < numbers.upperBound {
            guard let token = token(next, end) else {
                nodes[Int(node)].pattern = Int32(next)
                next += 1
                continue
            }
            let start = next
            next += 1
            while next < numbers.upperBound, encoded.token(places[next], end) == token { next += 1 }
            let group = start..<next
            switch token {
            case Token.star:
                nodes[Int(node)].star = build(group, depth: end + 1, followsWildcard: true, places, encoded)
            case Token.deep:
                nodes[Int(node)].deep = build(group, depth: end + 1, followsWildcard: true, places, encoded)
            case Token.deepEnd: nodes[Int(node)].deepPattern = Int32(start)
            case Token.all: everyName = Int32(start)
            default:
                found.append(
                    Branch(
                        byte: token,
                        node: build(group, depth: end, followsWildcard: followsWildcard, places, encoded)))
            }
        }
        let branchStart = Int32(branches.count)
        branches += found
        nodes[Int(node)].branches = branchStart..<Int32(branches.count)
        return node
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

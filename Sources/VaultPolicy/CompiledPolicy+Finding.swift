// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// The forbids of a policy, for a question that is about many names and principals: each is asked about those alone that can
/// take something away from it, so that a question's time grows with its answers and not with their number times the forbids.
struct Forbids {
    /// Positions of forbids, by the users whom they name.
    private struct Filed {
        var all: [Int] = []
        var byUser: [UInt32: [Int]] = [:]
        /// They name no users: any may be meant.
        var ofAnybody: [Int] = []

        mutating func add(_ position: Int, _ users: Set<UInt32>) {
            guard all.last != position else { return }
            all.append(position)
            if users.isEmpty { ofAnybody.append(position) }
            for user in users { byUser[user, default: []].append(position) }
        }

        /// Those that may be about a user; nil: it is not known which.
        func about(_ user: UInt32?) -> [Int] {
            guard let user else { return all }
            return (byUser[user] ?? []) + ofAnybody
        }
    }

    private let forbids: [CompiledRule]
    private let trie: PatternTrie
    /// By the numbers of their patterns.
    private var ofPatterns: [Filed]
    private var whatever = Filed()

    init(_ rules: [CompiledRule]) {
        forbids = rules.filter { $0.effect == .forbid }
        trie = PatternTrie(forbids.flatMap(\.rule.capabilities))
        ofPatterns = Array(repeating: Filed(), count: trie.count)
        var next = 0
        for (position, forbid) in forbids.enumerated() {
            let to = forbid.rule.to
            let users = Set(to.users.isEmpty ? to.uids : to.users.map(\.id))
            whatever.add(position, users)
            for _ in forbid.rule.capabilities {
                ofPatterns[Int(trie.numbers[next])].add(position, users)
                next += 1
            }
        }
    }

    /// The forbids that may be about an action on a name by these callers, in the order of the policy.
    /// - Parameter name: nil where no name is known, or the action takes none.
    func thatMayConcern(_ action: Action, _ name: CapabilityName?, _ callers: SelectorSet) -> [CompiledRule] {
        guard !forbids.isEmpty else { return [] }
        // Who is one user alone is none that another rule names.
        let named = Set(callers.users.map(\.id) + callers.uids)
        let user = named.count == 1 ? named.first : nil
        guard action.takesCapability, let name else { return whatever.about(user).sorted().map { forbids[$0] } }
        var patterns: [Int32] = []
        trie.match(name, into: &patterns)
        let found = patterns.flatMap { ofPatterns[Int($0)].about(user) }
        return Set(found).sorted().map { forbids[$0] }
    }
}

/// Which capabilities the patterns of rules match: each name is looked up once among the patterns of all of them.
struct KnownNames {
    private let rules: [Rule]
    private let numbers: [Int32]
    /// Where the patterns of each rule begin in `numbers`.
    private var starts: [Int] = []
    /// The capabilities that each pattern matches, in the order of their names.
    private var matches: [[Capability]]

    init(of rules: [Rule], _ capabilities: [Capability]) {
        self.rules = rules
        let trie = PatternTrie(rules.flatMap(\.capabilities))
        numbers = trie.numbers
        matches = Array(repeating: [], count: trie.count)
        var start = 0
        for rule in rules {
            starts.append(start)
            start += rule.capabilities.count
        }
        var found: [Int32] = []
        for capability in capabilities.sorted(by: { $0.name < $1.name }) {
            found.removeAll(keepingCapacity: true)
            trie.match(capability.name, into: &found)
            for number in found { matches[Int(number)].append(capability) }
        }
    }

    /// What a rule matches, in the order of the names, each once.
    func capabilities(ofRule rule: Int) -> [Capability] {
        let patterns = Set(rules[rule].capabilities.indices.map { numbers[starts[rule] + $0] })
        if patterns.count == 1, let pattern = patterns.first { return matches[Int(pattern)] }
        var found = patterns.flatMap { matches[Int($0)] }.sorted { $0.name < $1.name }
        var last: CapabilityName?
        found.removeAll { capability in
            defer { last = capability.name }
            return capability.name == last
        }
        return found
    }

    /// The patterns of a rule that match nothing.
    func unmatched(ofRule rule: Int) -> [NamePattern] {
        rules[rule].capabilities.enumerated().filter { matches[Int(numbers[starts[rule] + $0.offset])].isEmpty }
            .map(\.element)
    }
}

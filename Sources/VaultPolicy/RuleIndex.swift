// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Finds the rules that can be about a name and a caller: by patterns, and within a pattern by principal. Of those that
/// it leaves out none can match.
struct RuleIndex: Sendable {
    /// What lies under one pattern. The ranges are of `numbers`.
    private struct Entry {
        /// The rules that have to be looked at for every caller.
        var everybody: Range<Int32> = 0..<0
        /// The forbids filed under each kind of principal: they match a caller of whom that fact is not known.
        var forbids = InlineArray<4, Range<Int32>>(repeating: 0..<0)
        /// The permits, whomever they are about.
        var permits: Range<Int32> = 0..<0
        /// A bit for each `PrincipalKind` under which something is filed.
        var kinds = 0
        /// Of all that are filed.
        var counted = Counted()

        func has(_ kind: PrincipalKind) -> Bool { kinds & (1 << kind.rawValue) != 0 }
    }

    /// What is counted of the rules of one pattern.
    private struct Counted {
        /// Which facts its forbids select by.
        var forbidKinds: SelectorKinds = []
        /// How many permits there are for each action, by the bits of `ActionSet`.
        var permitCounts = InlineArray<8, Int32>(repeating: 0)

        /// Counts a permit in or out.
        mutating func count(_ actions: ActionSet, _ difference: Int32) {
            for bit in 0..<8 where actions.rawValue & (1 << UInt8(bit)) != 0 { permitCounts[bit] += difference }
        }

        func permits(_ action: Action) -> Int {
            Int(permitCounts[ActionSet(action).rawValue.trailingZeroBitCount])
        }
    }

    private let trie: PatternTrie
    private var entries: [Entry]
    /// Positions in the list of rules.
    private var numbers: [Int32] = []
    /// What is filed under a pattern and a principal.
    private var filed: [UInt64: Range<Int32>] = [:]
    /// Labels and units by the numbers that stand for them.
    private var texts: [String: UInt32] = [:]

    /// The pattern that stands for the broker itself, for actions that take no capability.
    private let brokerPattern: Int32

    /// Whether a rule can be found more than once.
    private let mayRepeat: Bool

    /// The patterns of each rule, each once: where they begin in `patternsOfRules`, and the end.
    private var patternStarts: [Int32] = []
    private var patternsOfRules: [Int32] = []

    /// Which rules count no more, though they are found; empty: all do.
    private var isOut: [Bool] = []
    /// What is counted of patterns that have such rules.
    private var narrowed: [Int32: Counted] = [:]

    init(_ rules: [CompiledRule]) {
        trie = PatternTrie(rules.flatMap(\.said.content.capabilities))
        brokerPattern = Int32(trie.count)
        entries = Array(repeating: Entry(), count: trie.count + 1)
        mayRepeat = rules.contains { rule in
            rule.said.content.capabilities.count > 1 || PrincipalKey.kind(of: rule.said.content.to) == .gid
        }
        patternStarts.reserveCapacity(rules.count + 1)
        patternsOfRules.reserveCapacity(rules.count)
        filed.reserveCapacity(rules.count)
        var lastRule = Array(repeating: -1, count: trie.count)
        var next = 0
        for (number, rule) in rules.enumerated() {
            patternStarts.append(Int32(patternsOfRules.count))
            for _ in rule.said.content.capabilities {
                let pattern = trie.numbers[next]
                if lastRule[Int(pattern)] != number { patternsOfRules.append(pattern) }
                lastRule[Int(pattern)] = number
                next += 1
            }
            if rule.said.content.capabilities.isEmpty { patternsOfRules.append(brokerPattern) }
        }
        patternStarts.append(Int32(patternsOfRules.count))
        file(rules)
    }

    /// Files the rules under each pattern, in their order.
    private mutating func file(_ rules: [CompiledRule]) {
        var starts = Array(repeating: 0, count: entries.count + 1)
        for pattern in patternsOfRules { starts[Int(pattern) + 1] += 1 }
        for pattern in entries.indices { starts[pattern + 1] += starts[pattern] }
        var members = Array(repeating: 0 as Int32, count: patternsOfRules.count)
        var ends = starts
        for number in rules.indices {
            for pattern in patterns(of: number) {
                members[ends[Int(pattern)]] = Int32(number)
                ends[Int(pattern)] += 1
            }
        }
        var keys = Keys()
        for pattern in entries.indices {
            file(members[starts[pattern]..<starts[pattern + 1]], Int32(pattern), rules, &keys)
        }
    }

    /// What is sorted out for one pattern at a time. Kept from one to the next, since there are many with one rule each.
    private struct Keys {
        var everybody: [Int32] = []
        /// Forbids by the kind of principal.
        var forbids: [[Int32]] = Array(repeating: [], count: PrincipalKind.allCases.count)
        /// Rules by the keys of their principals.
        var filed: [(key: UInt64, number: Int32)] = []

        mutating func removeAll() {
            everybody.removeAll(keepingCapacity: true)
            for kind in forbids.indices { forbids[kind].removeAll(keepingCapacity: true) }
            filed.removeAll(keepingCapacity: true)
        }
    }

    private mutating func file(
        _ members: ArraySlice<Int32>, _ pattern: Int32, _ rules: [CompiledRule], _ keys: inout Keys
    ) {
        guard !members.isEmpty else { return }
        keys.removeAll()
        var entry = Entry()
        for number in members {
            let rule = rules[Int(number)]
            if rule.effect == .permit {
                entry.counted.count(rule.actions, 1)
            } else {
                entry.counted.forbidKinds.formUnion(rule.kinds)
            }
            guard let kind = PrincipalKey.kind(of: rule.said.content.to) else {
                keys.everybody.append(number)
                continue
            }
            entry.kinds |= 1 << kind.rawValue
            if rule.effect == .forbid { keys.forbids[kind.rawValue].append(number) }
            PrincipalKey.forEachID(of: rule.said.content.to, kind, &texts) { id in
                keys.filed.append((PrincipalKey.packed(pattern, kind, id), number))
            }
        }
        entry.everybody = append(keys.everybody)
        for kind in PrincipalKind.allCases { entry.forbids[kind.rawValue] = append(keys.forbids[kind.rawValue]) }
        entry.permits = append(members.lazy.filter { rules[Int($0)].effect == .permit })
        if keys.filed.count > 1 { keys.filed.sort { ($0.key, $0.number) < ($1.key, $1.number) } }
        var rest = keys.filed[...]
        while let first = rest.first {
            let same = rest.prefix { $0.key == first.key }
            filed[first.key] = append(same.lazy.map(\.number))
            rest = rest.dropFirst(same.count)
        }
        entries[Int(pattern)] = entry
    }

    private mutating func append(_ members: some Sequence<Int32>) -> Range<Int32> {
        let start = Int32(numbers.count)
        numbers.append(contentsOf: members)
        return start..<Int32(numbers.count)
    }

    private func patterns(of rule: Int) -> ArraySlice<Int32> {
        patternsOfRules[Int(patternStarts[rule])..<Int(patternStarts[rule + 1])]
    }

    // MARK: Narrowing

    /// Whether a rule counts.
    func counts(_ number: Int) -> Bool { isOut.isEmpty || !isOut[number] }

    /// Whether all of them do.
    var countsAll: Bool { isOut.isEmpty }

    /// The same without some rules: what is filed stays, and is passed over.
    func without(_ gone: [Int], of rules: [CompiledRule]) -> RuleIndex {
        guard !gone.isEmpty else { return self }
        var index = self
        if isOut.isEmpty { index.isOut = Array(repeating: false, count: rules.count) }
        for number in gone { index.isOut[number] = true }
        var ofForbids: Set<Int32> = []
        for number in gone {
            for pattern in patterns(of: number) {
                if rules[number].effect == .permit {
                    var counted = index.counted(pattern)
                    counted.count(rules[number].actions, -1)
                    index.narrowed[pattern] = counted
                } else {
                    ofForbids.insert(pattern)
                }
            }
        }
        for pattern in ofForbids {
            var counted = index.counted(pattern)
            counted.forbidKinds = index.forbidKinds(of: pattern, rules)
            index.narrowed[pattern] = counted
        }
        return index
    }

    private func counted(_ pattern: Int32) -> Counted {
        if !narrowed.isEmpty, let counted = narrowed[pattern] { return counted }
        return entries[Int(pattern)].counted
    }

    /// Which facts the forbids of a pattern select by that count.
    private func forbidKinds(of pattern: Int32, _ rules: [CompiledRule]) -> SelectorKinds {
        let entry = entries[Int(pattern)]
        var kinds: SelectorKinds = []
        func add(_ range: Range<Int32>) {
            for number in numbers[Int(range.lowerBound)..<Int(range.upperBound)]
            where rules[Int(number)].effect == .forbid && counts(Int(number)) {
                kinds.formUnion(rules[Int(number)].kinds)
            }
        }
        add(entry.everybody)
        for kind in PrincipalKind.allCases { add(entry.forbids[kind.rawValue]) }
        return kinds
    }

    // MARK: Finding

    /// The patterns that match what a request is about.
    func patterns(_ request: borrowing DecisionRequest) -> [Int32] {
        guard request.action.takesCapability else { return [brokerPattern] }
        var patterns: [Int32] = []
        if let name = request.name { trie.match(name, into: &patterns) }
        return patterns
    }

    /// The rules that can match, in the order of the policy, each once.
    func candidates(_ patterns: [Int32], _ identity: borrowing Identity) -> [Int32] {
        var found: [Int32] = []
        for pattern in patterns { addCandidates(pattern, identity, &found) }
        if !isOut.isEmpty { found.removeAll { isOut[Int($0)] } }
        guard found.count > 1 else { return found }
        found.sort()
        if mayRepeat || patterns.count > 1 { removeRepetitions(&found) }
        return found
    }

    /// Adds those of one pattern: in no order, some more than once, and those too that count no more.
    func addCandidates(_ pattern: Int32, _ identity: borrowing Identity, _ found: inout [Int32]) {
        let entry = entries[Int(pattern)]
        add(entry.everybody, &found)
        if entry.has(.uid) {
            if identity.hasOverflow(identity.uid) {
                add(entry.forbids[PrincipalKind.uid.rawValue], &found)
            } else {
                add(pattern, .uid, identity.uid, &found)
            }
        }
        if entry.has(.gid) { addGroups(pattern, entry, identity, &found) }
        if entry.has(.label) { addText(pattern, .label, identity.label, entry, &found) }
        if entry.has(.unit) {
            let unit = identity.pin == .weak ? Fact.unknown("weak pin") : identity.unit
            addText(pattern, .unit, unit, entry, &found)
        }
    }

    /// Adds the patterns that match a name.
    func addPatterns(_ name: CapabilityName, _ patterns: inout [Int32]) { trie.match(name, into: &patterns) }

    /// Which facts the forbids about the patterns select by.
    func forbidKinds(_ patterns: [Int32]) -> SelectorKinds {
        var kinds: SelectorKinds = []
        for pattern in patterns { kinds.formUnion(counted(pattern).forbidKinds) }
        return kinds
    }

    /// Permits about the patterns, whomever they are about: at most `limit` of each pattern.
    func permits(_ patterns: [Int32], limit: Int) -> [Int32] {
        patterns.flatMap { pattern in
            let range = entries[Int(pattern)].permits
            let permits = numbers[Int(range.lowerBound)..<Int(range.upperBound)]
            return isOut.isEmpty
                ? Array(permits.prefix(limit)) : Array(permits.lazy.filter { !isOut[Int($0)] }.prefix(limit))
        }
    }

    /// How many permits there are for an action; a rule that names a capability by several patterns counts for each.
    func countPermits(_ patterns: [Int32], _ action: Action) -> Int {
        patterns.reduce(0) { $0 + counted($1).permits(action) }
    }

    private func add(_ range: Range<Int32>, _ found: inout [Int32]) {
        for index in range { found.append(numbers[Int(index)]) }
    }

    private func add(_ pattern: Int32, _ kind: PrincipalKind, _ id: UInt32, _ found: inout [Int32]) {
        if let range = filed[PrincipalKey.packed(pattern, kind, id)] { add(range, &found) }
    }

    private func addGroups(
        _ pattern: Int32, _ entry: Entry, _ identity: borrowing Identity, _ found: inout [Int32]
    ) {
        // Those that were left are not here: every forbid of a group may be one of them.
        if identity.groupsProblem != nil { return add(entry.forbids[PrincipalKind.gid.rawValue], &found) }
        var hasOverflow = identity.hasOverflow(identity.gid)
        if !hasOverflow { add(pattern, .gid, identity.gid, &found) }
        for group in identity.groups where group != identity.gid {
            if identity.hasOverflow(group) {
                hasOverflow = true
            } else {
                add(pattern, .gid, group, &found)
            }
        }
        if hasOverflow { add(entry.forbids[PrincipalKind.gid.rawValue], &found) }
    }

    private func addText(
        _ pattern: Int32, _ kind: PrincipalKind, _ fact: Fact<String?>, _ entry: Entry, _ found: inout [Int32]
    ) {
        switch fact {
        case .known(let text?): if let number = texts[text] { add(pattern, kind, number, &found) }
        case .known(nil): break
        case .unknown: add(entry.forbids[kind.rawValue], &found)
        }
    }

    private func removeRepetitions(_ sorted: inout [Int32]) {
        var kept = 1
        for index in 1..<sorted.count where sorted[index] != sorted[kept - 1] {
            sorted[kept] = sorted[index]
            kept += 1
        }
        sorted.removeLast(sorted.count - kept)
    }
}

/// By what a rule says who somebody is: by a user, else a group, a label, a unit.
enum PrincipalKind: Int, CaseIterable {
    case uid, gid, label, unit

    var selectors: SelectorKinds {
        switch self {
        case .uid: [SelectorKinds(.user), SelectorKinds(.uid)]
        case .gid: [SelectorKinds(.group), SelectorKinds(.gid)]
        case .label: SelectorKinds(.label)
        case .unit: SelectorKinds(.unit)
        }
    }
}

/// What rules are filed under: the selector of each rule that leaves the fewest callers, with one of its values.
enum PrincipalKey {
    /// Under what a rule is filed; nil: it must be looked at for every caller.
    static func kind(of selectors: SelectorSet) -> PrincipalKind? {
        if !selectors.users.isEmpty || !selectors.uids.isEmpty { return .uid }
        if !selectors.groups.isEmpty || !selectors.gids.isEmpty { return .gid }
        if !selectors.labels.isEmpty, selectors.labels.allSatisfy(\.isLiteral) { return .label }
        if !selectors.units.isEmpty, selectors.units.allSatisfy(\.isLiteral) { return .unit }
        return nil
    }

    /// The values under which a rule is filed, each once.
    static func forEachID(
        of selectors: SelectorSet, _ kind: PrincipalKind, _ texts: inout [String: UInt32], _ body: (UInt32) -> Void
    ) {
        switch kind {
        case .uid: once(selectors.users.isEmpty ? selectors.uids : selectors.users.map(\.id), body)
        case .gid: once(selectors.groups.isEmpty ? selectors.gids : selectors.groups.map(\.id), body)
        case .label: once(selectors.labels.map { number(of: $0.text, &texts) }, body)
        case .unit: once(selectors.units.map { number(of: $0.text, &texts) }, body)
        }
    }

    private static func once(_ ids: [UInt32], _ body: (UInt32) -> Void) {
        if ids.count == 1 { return body(ids[0]) }
        for id in Set(ids) { body(id) }
    }

    private static func number(of text: String, _ texts: inout [String: UInt32]) -> UInt32 {
        let number = texts[text] ?? UInt32(texts.count)
        texts[text] = number
        return number
    }

    /// A pattern, a kind and a value as one number.
    static func packed(_ pattern: Int32, _ kind: PrincipalKind, _ id: UInt32) -> UInt64 {
        UInt64(pattern) << 36 | UInt64(kind.rawValue) << 32 | UInt64(id)
    }
}

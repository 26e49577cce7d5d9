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
        /// Which facts its forbids select by.
        var forbidKinds: SelectorKinds = []
        /// The permits, whomever they are about.
        var permits: Range<Int32> = 0..<0
        /// A bit for each `PrincipalKind` under which something is filed.
        var kinds = 0
        /// How many permits there are for each action, by the bits of `ActionSet`.
        var permitCounts = InlineArray<8, Int32>(repeating: 0)

        func has(_ kind: PrincipalKind) -> Bool { kinds & (1 << kind.rawValue) != 0 }
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

    init(_ rules: [CompiledRule]) {
        trie = PatternTrie(rules.flatMap(\.rule.capabilities))
        brokerPattern = Int32(trie.count)
        entries = Array(repeating: Entry(), count: trie.count + 1)
        mayRepeat = rules.contains { rule in
            rule.rule.capabilities.count > 1 || PrincipalKey.kind(of: rule.rule.to) == .gid
        }
        var rulesOfPattern: [[Int32]] = Array(repeating: [], count: trie.count + 1)
        var next = 0
        for (number, rule) in rules.enumerated() {
            for _ in rule.rule.capabilities {
                let pattern = Int(trie.numbers[next])
                if rulesOfPattern[pattern].last != Int32(number) { rulesOfPattern[pattern].append(Int32(number)) }
                next += 1
            }
            if rule.rule.capabilities.isEmpty { rulesOfPattern[Int(brokerPattern)].append(Int32(number)) }
        }
        for (pattern, members) in rulesOfPattern.enumerated() { file(members, Int32(pattern), rules) }
    }

    private mutating func file(_ members: [Int32], _ pattern: Int32, _ rules: [CompiledRule]) {
        var entry = Entry()
        var byKey: [UInt64: [Int32]] = [:]
        var forbids: [PrincipalKind: [Int32]] = [:]
        var everybody: [Int32] = []
        for number in members {
            let rule = rules[Int(number)]
            if rule.rule.effect == .permit {
                for action in rule.actions.actions { entry.permitCounts[Self.bit(action)] += 1 }
            } else {
                entry.forbidKinds.formUnion(rule.rule.to.kinds)
            }
            guard let kind = PrincipalKey.kind(of: rule.rule.to) else {
                everybody.append(number)
                continue
            }
            entry.kinds |= 1 << kind.rawValue
            if rule.rule.effect == .forbid { forbids[kind, default: []].append(number) }
            for id in PrincipalKey.ids(of: rule.rule.to, kind, &texts) {
                byKey[PrincipalKey.packed(pattern, kind, id), default: []].append(number)
            }
        }
        entry.everybody = append(everybody)
        for kind in PrincipalKind.allCases { entry.forbids[kind.rawValue] = append(forbids[kind] ?? []) }
        entry.permits = append(members.filter { rules[Int($0)].rule.effect == .permit })
        for (key, members) in byKey { filed[key] = append(members) }
        entries[Int(pattern)] = entry
    }

    private mutating func append(_ members: [Int32]) -> Range<Int32> {
        let start = Int32(numbers.count)
        numbers += members
        return start..<Int32(numbers.count)
    }

    private static func bit(_ action: Action) -> Int { ActionSet(action).rawValue.trailingZeroBitCount }

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
        for pattern in patterns {
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
        guard found.count > 1 else { return found }
        found.sort()
        if mayRepeat || patterns.count > 1 { removeRepetitions(&found) }
        return found
    }

    /// Which facts the forbids about the patterns select by.
    func forbidKinds(_ patterns: [Int32]) -> SelectorKinds {
        var kinds: SelectorKinds = []
        for pattern in patterns { kinds.formUnion(entries[Int(pattern)].forbidKinds) }
        return kinds
    }

    /// Permits about the patterns, whomever they are about: at most `limit` of each pattern.
    func permits(_ patterns: [Int32], limit: Int) -> [Int32] {
        patterns.flatMap { pattern in entries[Int(pattern)].permits.prefix(limit).map { numbers[Int($0)] } }
    }

    /// How many permits there are for an action; a rule that names a capability by several patterns counts for each.
    func countPermits(_ patterns: [Int32], _ action: Action) -> Int {
        patterns.reduce(0) { $0 + Int(entries[Int($1)].permitCounts[Self.bit(action)]) }
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

    /// The values under which a rule is filed.
    static func ids(of selectors: SelectorSet, _ kind: PrincipalKind, _ texts: inout [String: UInt32]) -> Set<UInt32> {
        switch kind {
        case .uid: Set(selectors.users.isEmpty ? selectors.uids : selectors.users.map(\.id))
        case .gid: Set(selectors.groups.isEmpty ? selectors.gids : selectors.groups.map(\.id))
        case .label: Set(selectors.labels.map { number(of: $0.text, &texts) })
        case .unit: Set(selectors.units.map { number(of: $0.text, &texts) })
        }
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

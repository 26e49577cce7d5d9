// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// All rules in force, as one immutable value that is swapped whole.
package final class CompiledPolicy: Sendable {
    /// Counts the changes of the policy; a record of a decision names it.
    package let revision: Int

    /// The hash of the policy's contents, as whoever stores it computes it.
    package let sha256: String

    /// The ids of all rules, suspended ones too.
    package let ids: Set<String>

    /// The ids of the rules that are there but do not count.
    package let suspended: Set<String>

    /// Which facts about a caller some rule selects on.
    package let selectorsUsed: SelectorKinds

    /// Whether some rule holds only at times, so that a decision may change by itself.
    package let hasTimes: Bool

    /// How many rules were compiled to make it; the others are those of the policy that it was made of.
    package let compiledCount: Int

    /// Every rule, suspended ones too, in the order of their ids.
    let all: [CompiledRule]

    /// The rules by the numbers that the index has for them: the forbids, then the permits, each in the order of their ids.
    /// Some of them count no more in a policy that was narrowed.
    let numbered: [CompiledRule]

    /// How many of them are forbids.
    private let forbidCount: Int

    /// The numbers of the rules about administering.
    private let admins: [Int]

    /// How many rules that count select by each fact; the last place counts those with times.
    private let kindCounts: [Int32]

    let index: RuleIndex

    private let bootID: String?

    /// - Parameters:
    ///   - bootID: that of the present boot: the times of rules that were applied in it run on the boot clock.
    ///   - former: a policy of which rules that are unchanged are taken as they were compiled.
    package convenience init(
        rules: [Rule], suspended: Set<String> = [], revision: Int, sha256: String, bootID: String? = nil,
        former: CompiledPolicy? = nil
    ) {
        self.init(
            lists: [rules], suspended: suspended, revision: revision, sha256: sha256, bootID: bootID, former: former)
    }

    /// The same of rules in several lists, which need not be copied into one.
    package init(
        lists: [[Rule]], suspended: Set<String> = [], revision: Int, sha256: String, bootID: String? = nil,
        former: CompiledPolicy? = nil
    ) {
        self.suspended = suspended
        self.revision = revision
        self.sha256 = sha256
        self.bootID = bootID
        let known = former.flatMap { $0.bootID == bootID ? $0.all : nil } ?? []
        var positions = Dictionary(minimumCapacity: known.count) as [String: Int]
        for (position, rule) in known.enumerated() { positions[rule.id] = position }
        var isKept = Array(repeating: false, count: known.count)
        var added: [CompiledRule] = []
        for list in lists {
            // By place: a copy of a rule takes as long as all else.
            for place in list.indices {
                if let position = positions[list[place].id], !isKept[position], known[position].rule == list[place] {
                    isKept[position] = true
                } else {
                    added.append(CompiledRule(list[place], bootID: bootID))
                }
            }
        }
        compiledCount = added.count
        // What is kept is in order.
        let kept = known.indices.filter { isKept[$0] }.map { known[$0] }
        added.sort { $0.id < $1.id }
        all = kept.isEmpty ? added : Self.merged(kept, added)
        ids = Set(all.lazy.map(\.id))
        let active = suspended.isEmpty ? all : all.filter { !suspended.contains($0.id) }
        let forbids = active.filter { $0.effect == .forbid }
        forbidCount = forbids.count
        let numbered = forbids + active.filter { $0.effect == .permit }
        self.numbered = numbered
        admins = numbered.indices.filter { numbered[$0].actions.contains(.admin) }
        index = RuleIndex(numbered)
        var counts = Array(repeating: 0 as Int32, count: Self.kindBits + 1)
        for rule in active { Self.count(rule, 1, &counts) }
        kindCounts = counts
        selectorsUsed = Self.kinds(counts)
        hasTimes = counts[Self.kindBits] > 0
    }

    /// A policy without some rules. Nothing is compiled, and no index built: those rules are passed over where it finds them.
    private init(_ policy: CompiledPolicy, removed: Set<String>, suspended: Set<String>, revision: Int, sha256: String)
    {
        self.revision = revision
        self.sha256 = sha256
        bootID = policy.bootID
        compiledCount = 0
        numbered = policy.numbered
        forbidCount = policy.forbidCount
        admins = policy.admins
        var (all, ids, out) = (policy.all, policy.ids, policy.suspended)
        var gone: [Int] = []
        var counts = policy.kindCounts
        for id in removed.union(suspended) {
            guard let number = policy.number(of: id), policy.index.counts(number) else { continue }
            gone.append(number)
            Self.count(numbered[number], -1, &counts)
        }
        if removed.count > 64 {
            all.removeAll { removed.contains($0.id) }
        } else {
            for id in removed { if let position = Self.position(of: id, in: all[...]) { all.remove(at: position) } }
        }
        out.formUnion(suspended)
        for id in removed {
            ids.remove(id)
            out.remove(id)
        }
        (self.all, self.ids, self.suspended) = (all, ids, out)
        index = policy.index.without(gone, of: numbered)
        kindCounts = counts
        selectorsUsed = Self.kinds(counts)
        hasTimes = counts[Self.kindBits] > 0
    }

    /// The same without the rules that are removed, and with others suspended. What it takes depends on these, not on how many
    /// others there are.
    package func narrowed(
        removed: Set<String>, suspended: Set<String>, revision: Int, sha256: String
    ) -> CompiledPolicy {
        CompiledPolicy(self, removed: removed, suspended: suspended, revision: revision, sha256: sha256)
    }

    private static let kindBits = SelectorKind.allCases.count

    private static func count(_ rule: CompiledRule, _ difference: Int32, _ counts: inout [Int32]) {
        for bit in 0..<kindBits where rule.kinds.rawValue & (1 << UInt16(bit)) != 0 { counts[bit] += difference }
        if rule.hasTimes { counts[kindBits] += difference }
    }

    private static func kinds(_ counts: [Int32]) -> SelectorKinds {
        SelectorKinds(rawValue: (0..<kindBits).reduce(0) { $0 | (counts[$1] > 0 ? 1 << UInt16($1) : 0) })
    }

    /// The rules that count: the forbids, then the permits, each in the order of their ids.
    var active: [CompiledRule] {
        index.countsAll ? numbered : numbered.indices.filter(index.counts).map { numbered[$0] }
    }

    private static func merged(_ left: [CompiledRule], _ right: [CompiledRule]) -> [CompiledRule] {
        var merged: [CompiledRule] = []
        merged.reserveCapacity(left.count + right.count)
        var rest = left[...]
        for rule in right {
            let before = rest.prefix { $0.id < rule.id }
            merged += before
            merged.append(rule)
            rest = rest.dropFirst(before.count)
        }
        return merged + rest
    }

    /// Of rules in the order of their ids.
    private static func position(of id: String, in rules: ArraySlice<CompiledRule>) -> Int? {
        var low = rules.startIndex
        var high = rules.endIndex
        while low < high {
            let middle = (low + high) / 2
            if rules[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < rules.endIndex && rules[low].id == id ? low : nil
    }

    private func find(_ id: String) -> CompiledRule? { Self.position(of: id, in: all[...]).map { all[$0] } }

    private func number(of id: String) -> Int? {
        Self.position(of: id, in: numbered[..<forbidCount]) ?? Self.position(of: id, in: numbered[forbidCount...])
    }

    package func rule(_ id: String) -> Rule? { find(id)?.rule }

    /// Whether there is a rule of this id, suspended or not.
    package func has(_ id: String) -> Bool { ids.contains(id) }
}

extension CompiledPolicy {
    /// Every rule, suspended ones too, in the order of their ids.
    package var rules: Rules { Rules(all) }

    /// Some of them.
    package func rules(where isMeant: (Rule) -> Bool) -> [Rule] {
        all.filter { isMeant($0.rule) }.map(\.rule)
    }

    /// The rules of a policy, without a copy of their own.
    package struct Rules: RandomAccessCollection, Sendable {
        private let all: [CompiledRule]

        fileprivate init(_ all: [CompiledRule]) { self.all = all }

        package var startIndex: Int { 0 }
        package var endIndex: Int { all.count }
        package subscript(position: Int) -> Rule { all[position].rule }
    }
}

extension CompiledPolicy {
    /// Whether this very rule, unchanged, is in the policy and counts.
    package func isActive(_ rule: Rule) -> Bool {
        !suspended.contains(rule.id) && self.rule(rule.id) == rule
    }

    /// Whether a rule of this id permits to open, and counts.
    package func mayPermitOpening(_ id: String) -> Bool {
        guard !suspended.contains(id), let rule = rule(id) else { return false }
        return rule.effect == .permit && rule.actions.contains(.open)
    }
}

extension CompiledPolicy {
    /// The permits of an action that count.
    package struct Permits: Sendable {
        fileprivate let rules: [CompiledRule]

        package var isEmpty: Bool { rules.isEmpty }

        /// Whether one of them is about a caller, whatever it is about.
        package func mayConcern(_ identity: Identity) -> Bool { rules.contains { $0.matchesCaller(identity) } }
    }

    package func permits(of action: Action) -> Permits {
        Permits(rules: active.filter { $0.effect == .permit && $0.rule.actions.contains(action) })
    }

    /// Whether somebody may `admin` at any time, the clock notwithstanding: a policy under which nobody can repair it
    /// is not accepted.
    package var permitsAnybodyAdmin: Bool {
        let admins = admins.filter(index.counts).map { numbered[$0] }
        var forbids = ForbidsByUser()
        for rule in admins where rule.effect == .forbid { forbids.add(rule.rule.to) }
        return admins.contains { permit in
            permit.effect == .permit && !permit.hasTimes && !forbids.coverAll(of: permit.rule.to)
        }
    }

    /// Whom forbids are about, found by one of the users whom they name: there may be as many as there are permits.
    private struct ForbidsByUser {
        private var byUser: [UInt32: [SelectorSet]] = [:]
        private var others: [SelectorSet] = []

        mutating func add(_ selectors: SelectorSet) {
            guard !selectors.users.isEmpty || !selectors.uids.isEmpty else { return others.append(selectors) }
            let named = selectors.users.isEmpty ? selectors.uids : selectors.users.map(\.id)
            for user in Set(named) { byUser[user, default: []].append(selectors) }
        }

        /// Whether one of them is about all whom a permit is about.
        func coverAll(of permit: SelectorSet) -> Bool {
            // What names users covers only who is named, so that any of a permit's users will do to find it.
            let users = [permit.users.first?.id, permit.uids.first].compactMap { $0 }
            return others.contains { permit.implies($0) }
                || users.contains { user in (byUser[user] ?? []).contains { permit.implies($0) } }
        }
    }
}

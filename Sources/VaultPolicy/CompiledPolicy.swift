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

    let index: RuleIndex

    private let bootID: String?

    /// - Parameters:
    ///   - bootID: that of the present boot: the times of rules that were applied in it run on the boot clock.
    ///   - former: a policy of which rules that are unchanged are taken as they were compiled.
    package init(
        rules: [Rule], suspended: Set<String> = [], revision: Int, sha256: String, bootID: String? = nil,
        former: CompiledPolicy? = nil
    ) {
        self.suspended = suspended
        self.revision = revision
        self.sha256 = sha256
        self.bootID = bootID
        let known = former.flatMap { $0.bootID == bootID ? $0.all : nil } ?? []
        var positions = Dictionary(minimumCapacity: known.count) as [String: Int]
        for (position, rule) in known.enumerated() { positions[rule.rule.id] = position }
        var isKept = Array(repeating: false, count: known.count)
        var added: [CompiledRule] = []
        for rule in rules {
            if let position = positions[rule.id], !isKept[position], known[position].rule == rule {
                isKept[position] = true
            } else {
                added.append(CompiledRule(rule, bootID: bootID))
            }
        }
        compiledCount = added.count
        // What is kept is in order.
        let kept = known.indices.filter { isKept[$0] }.map { known[$0] }
        added.sort { $0.rule.id < $1.rule.id }
        all = kept.isEmpty ? added : Self.merged(kept, added)
        ids = Set(all.lazy.map(\.rule.id))
        let active = suspended.isEmpty ? all : all.filter { !suspended.contains($0.rule.id) }
        numbered = active.filter { $0.effect == .forbid } + active.filter { $0.effect == .permit }
        index = RuleIndex(numbered)
        hasTimes = active.contains { $0.rule.conditions.hasTimes }
        selectorsUsed = active.reduce(into: []) { $0.formUnion($1.kinds) }
    }

    /// A policy without some rules. Nothing is compiled, and no index built: those rules are passed over where it finds them.
    private init(_ policy: CompiledPolicy, removed: Set<String>, suspended: Set<String>, revision: Int, sha256: String)
    {
        self.suspended = suspended
        self.revision = revision
        self.sha256 = sha256
        bootID = policy.bootID
        compiledCount = 0
        all = removed.isEmpty ? policy.all : policy.all.filter { !removed.contains($0.rule.id) }
        var ids = policy.ids
        for id in removed { ids.remove(id) }
        self.ids = ids
        numbered = policy.numbered
        index = policy.index.without(numbered) { removed.contains($0) || suspended.contains($0) }
        var (hasTimes, used) = (false, SelectorKinds())
        for number in numbered.indices where index.counts(number) {
            used.formUnion(numbered[number].kinds)
            hasTimes = hasTimes || numbered[number].rule.conditions.hasTimes
        }
        (self.hasTimes, selectorsUsed) = (hasTimes, used)
    }

    /// The same with less authority, or other: without the rules that are removed, and with these suspended, which are at least
    /// those that were. It takes microseconds for each thousand rules, whatever they are.
    package func narrowed(
        removed: Set<String>, suspended: Set<String>, revision: Int, sha256: String
    ) -> CompiledPolicy {
        CompiledPolicy(self, removed: removed, suspended: suspended, revision: revision, sha256: sha256)
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
            let before = rest.prefix { $0.rule.id < rule.rule.id }
            merged += before
            merged.append(rule)
            rest = rest.dropFirst(before.count)
        }
        return merged + rest
    }

    private func find(_ id: String) -> CompiledRule? {
        var low = 0
        var high = all.count
        while low < high {
            let middle = (low + high) / 2
            if all[middle].rule.id < id { low = middle + 1 } else { high = middle }
        }
        return low < all.count && all[low].rule.id == id ? all[low] : nil
    }

    package func rule(_ id: String) -> Rule? { find(id)?.rule }

    /// Whether there is a rule of this id, suspended or not.
    package func has(_ id: String) -> Bool { ids.contains(id) }
}

extension CompiledPolicy {
    /// Every rule, suspended ones too, in the order of their ids.
    package var rules: Rules { Rules(all) }

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
    /// Whether somebody may `admin` at any time, the clock notwithstanding: a policy under which nobody can repair it
    /// is not accepted.
    package var permitsAnybodyAdmin: Bool {
        var forbids = ForbidsByUser()
        for rule in active where rule.effect == .forbid && rule.actions.contains(.admin) { forbids.add(rule.rule.to) }
        return active.contains { permit in
            permit.effect == .permit && permit.actions.contains(.admin) && !permit.rule.conditions.hasTimes
                && !forbids.coverAll(of: permit.rule.to)
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

// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel
import VaultPolicy

/// The texts that policies are made of. A text is a name under which what it says can be found.
struct Texts {
    struct Files {
        var rules: [RuleFacts] = []
        var capabilities: [Capability] = []
        /// Somebody made a mistake in them.
        var isBroken = false
    }

    var files: [String: Files] = [:]
    var rules: [String: RuleFacts] = [:]
    var capabilities: [String: Capability] = [:]
    /// The id that the one name stands for.
    var aliceID: UInt32 = 500

    /// What a stored policy says. The owner's rules are not told: nobody here is the owner.
    func facts(_ stored: StoredPolicy, _ added: [StoredCapability]) -> PolicyFacts {
        let files = stored.files.compactMap { self.files[$0.text] }
        return PolicyFacts(
            revision: stored.revision, sha256: Self.digest(stored),
            rules: files.flatMap(\.rules).map { $0.anchored(stored.filesAnchor) }
                + stored.rules.compactMap { rules[$0.document]?.anchored($0.anchor) },
            suspended: Set(stored.suspensions.map(\.rule)),
            capabilities: files.flatMap(\.capabilities) + added.compactMap { capabilities[$0.document] })
    }

    /// What becomes of texts when they are read.
    /// - Parameter former: whose rules may be taken as they were compiled.
    func build(_ wanted: PolicyBuild, former: CompiledPolicy?, bootID: String) -> BuiltPolicy {
        let (stored, added) = (wanted.stored, wanted.added)
        let facts = facts(stored, added)
        let owners = Rule.bootstrap(owner: NamedID(id: 0)).filter { owner in
            stored.rules.contains { $0.id == owner.id }
        }
        var policy = PolicyInForce(stored: stored, added: added)
        policy.stored.sha256 = facts.sha256
        let alice = ResolvedName(kind: .user, name: "alice", id: aliceID)
        policy.stored.names = [alice]
        policy.capabilities = facts.capabilities
        policy.compiled = CompiledPolicy(
            rules: owners + facts.rules.map(\.rule), suspended: facts.suspended, revision: stored.revision,
            sha256: facts.sha256, bootID: bootID, former: former)
        let isBroken = wanted.filesAreNew && stored.files.contains { files[$0.text]?.isBroken == true }
        let problem = PolicyProblem(path: "p.yaml", line: 1, column: 1, message: "a mistake", remedy: "mend it")
        var built = BuiltPolicy(
            policy, resolved: stored.names.contains(alice) ? [] : [alice], problems: isBroken ? [problem] : [])
        built.changes = wanted.before?.changes(to: policy)
        return built
    }

    /// Of everything that makes a policy, and of nothing else.
    static func digest(_ stored: StoredPolicy) -> String {
        let rules = stored.rules.map(\.document).sorted()
        let suspended = stored.suspensions.map(\.rule).sorted()
        let text = "\(stored.files.map(\.text)) \(rules) \(suspended)"
        // FNV-1a: the same in each process.
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}

/// Making policies.
extension World {
    /// What the ledger has of the policy.
    var storedFacts: PolicyFacts { administration.texts.facts(ledger.policy, ledger.capabilities) }

    /// The first policy, which lies in the policy directory.
    func makePolicy() {
        var first = Texts.Files()
        for _ in 0..<(3 + choices.pick(4)) { first.capabilities.append(makeCapability()) }
        for _ in 0..<(2 + choices.pick(4)) { first.rules.append(makeRule(first.capabilities)) }
        // Else most of what is deposited and taken would be denied.
        if hasDeposits, !choices.isOne(in: 4) { first.rules.append(makeWideRule()) }
        administration.directory = write(first)
    }

    /// Files with these contents.
    func write(_ files: Texts.Files) -> DirectoryFiles {
        administration.nextFile += 1
        let text = "files-\(administration.nextFile)"
        administration.texts.files[text] = files
        for rule in files.rules { checker.rules[rule.id] = rule }
        return DirectoryFiles(path: "/policies", sha256: text, files: [StoredFile(path: "p.yaml", text: text)])
    }

    /// The files in force, or those of the directory, with a change.
    func changedFiles() -> DirectoryFiles {
        let old = choices.isOne(in: 2) ? administration.stored.files.first?.text : nil
        let text = old ?? administration.directory.sha256
        var new = administration.texts.files[text] ?? Texts.Files()
        new.isBroken = choices.isOne(in: 8)
        switch choices.pick(5) {
        case 0: new.rules.append(makeRule(new.capabilities))
        case 1: if new.rules.count > 1 { new.rules.remove(at: choices.pick(new.rules.count)) }
        case 2:
            let isThere = new.capabilities.contains { $0.name.text == Self.depositNames[0] }
            new.capabilities.append(makeCapability(over: isThere ? nil : Self.depositNames[0]))
        case 3: if new.capabilities.count > 1 { new.capabilities.remove(at: choices.pick(new.capabilities.count)) }
        default:
            let place = choices.pick(new.capabilities.count)
            var other = makeCapability()
            // A pipe has nothing in it by which it could be told from the former one of its name.
            if other.kind != .pipe { other.name = new.capabilities[place].name }
            new.capabilities[place] = other
        }
        return write(new)
    }

    /// - Parameter deposit: a name under which something may be deposited; now and then it has that.
    func makeCapability(over deposit: String?) -> Capability {
        var capability = makeCapability()
        guard let deposit, hasDeposits, capability.kind != .pipe, choices.isOne(in: 3) else { return capability }
        capability.name = capabilityName(deposit)
        return capability
    }

    func makeCapability() -> Capability {
        administration.nextName += 1
        let name = capabilityName("c\(administration.nextName)")
        let path = "/data/\(administration.nextName)"
        let opening: Opening = choices.pick(of: [.onFirstUse, .atStart])
        switch choices.pick(9) {
        case 0:
            return Capability(
                name: name, source: .file(path: SourcePath(path), create: nil, noFollow: false),
                rights: [.read, .write],
                opening: opening)
        case 1:
            return Capability(
                name: name, source: .file(path: SourcePath(path), create: nil, noFollow: false), delivery: .shared,
                opening: opening
            )
        case 2:
            return Capability(
                name: name, source: .file(path: SourcePath(path), create: nil, noFollow: false),
                rights: [.read, .write],
                opening: .eachGrant)
        case 3: return Capability(name: name, source: .memory(.file(SourcePath(path))), opening: opening)
        case 4:
            return Capability(
                name: name, source: .memory(.credential("secret\(administration.nextName)")), opening: .eachGrant)
        case 5: return Capability(name: name, source: .fifo(path: SourcePath(path), create: nil), opening: opening)
        case 6:
            return Capability(
                name: name,
                source: .listener(.tcp(host: "127.0.0.1", port: UInt16(1_000 + administration.nextName), backlog: 1)),
                opening: opening)
        case 7: return Capability(name: name, source: .helper(run: ["/bin/helper"], path: path))
        default: return Capability(name: name, source: .pipe, opening: opening)
        }
    }

    func makeRule(_ capabilities: [Capability]) -> RuleFacts {
        administration.nextRule += 1
        var rule = RuleFacts(id: "r\(administration.nextRule)")
        if choices.isOne(in: 3) { rule.uids = [choices.pick(of: Self.uids)] }
        if choices.isOne(in: 4) { rule.program = choices.pick(of: Self.programs) }
        if choices.isOne(in: 3) { rule.name = choosePattern(capabilities) }
        if hasDeposits { letDeposit(&rule) }
        let count = UInt64(1 + choices.pick(3))
        let kind = hasPlainRules ? choices.pick(of: [0, 9, 9, 9]) : choices.pick(10)
        if kind != 0, choices.isOne(in: 3) { rule.needsReason = true }
        switch kind {
        case 0:
            rule.isForbid = true
            rule.rights = choices.pick(of: [nil, .write])
            if rule.name == nil { rule.name = choosePattern(capabilities) }
            if choices.isOne(in: 2) { setTimes(&rule) }
        case 1: rule.uses.inAll = count + 2
        case 2: rule.uses.perPrincipal = count
        case 3: rule.rate.inAll = RateWindow(count: count, windowUSec: choices.pick(of: [10_000_000, 1_000_000]))
        case 4: rule.rate.perPrincipal = RateWindow(count: count, windowUSec: 1_000_000)
        case 5: rule.outstanding.inAll = count
        case 6:
            rule.outstanding.perPrincipal = count
            rule.leaseUSec = 1_000_000
        case 7:
            rule.leaseUSec = choices.pick(of: [400_000, 2_000_000])
            rule.maxLeaseUSec = 4_000_000
        case 8: setTimes(&rule)
        default: if rule.name == nil { rule.name = choosePattern(capabilities) }
        }
        return rule
    }

    private func choosePattern(_ capabilities: [Capability]) -> String {
        guard hasDeposits, choices.isOne(in: 2) else { return choices.pick(of: capabilities).name.text }
        return choices.pick(of: Self.depositNames)
    }

    /// One that lets everybody do everything.
    private func makeWideRule() -> RuleFacts {
        administration.nextRule += 1
        var rule = RuleFacts(id: "r\(administration.nextRule)")
        letDeposit(&rule)
        rule.actions = ActionSet([.open, .deposit, .remove])
        return rule
    }

    private func letDeposit(_ rule: inout RuleFacts) {
        let all: [Action] = [.open, .deposit, .remove]
        rule.actions = ActionSet(
            choices.pick(of: [all, all, all, all, [.open], [.open, .deposit], [.open, .remove]]))
        let most = UInt64(1 + choices.pick(2))
        switch choices.pick(6) {
        case 4: rule.deposits.inAll = most + 1
        case 5: rule.deposits.perPrincipal = most
        default: break
        }
        if choices.isOne(in: 2) { rule.depositsToo = .directories }
    }

    private func setTimes(_ rule: inout RuleFacts) {
        let after: Int64 = choices.pick(of: [300_000, 2_000_000, 10_000_000])
        if choices.isOne(in: 3) {
            rule.notBeforeUSec = now().wallUSec + after
        } else {
            rule.notAfterUSec = now().wallUSec + after
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import VaultCore
import VaultModel
import VaultPolicy

/// A rule as the checker understands it, and as the core gets it. Ids are never used for another rule.
struct RuleFacts: Equatable {
    var id: String
    var isForbid = false
    var actions = ActionSet(.open)
    /// Empty: anyone.
    var uids: [UInt32] = []
    /// Empty: whatever the program.
    var program: String?
    /// nil: every name.
    var name: String?
    /// In a permit the most that it gives; in a forbid what it takes away; nil: all.
    var rights: Rights?
    var uses = Limit<UInt64>()
    var outstanding = Limit<UInt64>()
    var rate = Limit<RateWindow>()
    var leaseUSec: Int64?
    var maxLeaseUSec: Int64?
    var notBeforeUSec: Int64?
    var notAfterUSec: Int64?
    var anchor: TimeAnchor?
    var needsReason = false
    /// How many deposits it lets be held, and which beyond what is harmless.
    var deposits = Limit<UInt64>()
    var depositsToo: RiskyDeposits = []

    var isOutstandingLimited: Bool { outstanding != Limit() }

    var rule: Rule {
        var conditions = Conditions(
            notBeforeUSec: notBeforeUSec, notAfterUSec: notAfterUSec, leaseUSec: leaseUSec, maxLeaseUSec: maxLeaseUSec,
            needsReason: needsReason, depositsToo: depositsToo)
        if deposits != Limit() { conditions.deposits = deposits }
        if uses != Limit() { conditions.uses = uses }
        if outstanding != Limit() { conditions.outstanding = outstanding }
        if rate != Limit() {
            conditions.rate = Limit(inAll: rate.inAll.map { [$0] }, perPrincipal: rate.perPrincipal.map { [$0] })
        }
        let anybody = uids.isEmpty && program == nil
        return Rule(
            id: id, effect: isForbid ? .forbid : .permit, actions: actions,
            capabilities: [pattern(name ?? "**")],
            to: SelectorSet(anyone: anybody, uids: uids, exes: program.map { [textPattern($0)] } ?? []), rights: rights,
            conditions: conditions, origin: .granted, anchor: anchor)
    }

    /// The same, with its times tied to the moment at which it was applied.
    func anchored(_ anchor: TimeAnchor?) -> RuleFacts {
        guard notBeforeUSec != nil || notAfterUSec != nil else { return self }
        var rule = self
        rule.anchor = anchor
        return rule
    }

    /// Whether the rule is about this process, now.
    func isAbout(
        _ process: SimProcess, _ name: String, _ now: Moment, to action: Action = .open, isTrusted: Bool,
        bootID: String
    ) -> Bool {
        guard actions.contains(action), uids.isEmpty || uids.contains(process.uid),
            program == nil || program == process.program,
            self.name == nil || self.name == name
        else { return false }
        guard notBeforeUSec != nil || notAfterUSec != nil else { return true }
        var wall = now.wallUSec
        if let anchor, anchor.bootID == bootID {
            wall = anchor.wallUSec + (now.bootUSec - anchor.bootUSec)
        } else if !isTrusted {
            return isForbid
        }
        return wall >= notBeforeUSec ?? .min && wall < notAfterUSec ?? .max
    }
}

/// A policy with its capabilities, as the administrators of the simulation made it.
struct PolicyFacts {
    var revision: Int
    /// Unique for each policy ever made.
    var sha256: String
    var rules: [RuleFacts]
    var suspended: Set<String> = []
    var capabilities: [Capability]

    func active(_ id: String) -> RuleFacts? { suspended.contains(id) ? nil : rules.first { $0.id == id } }

    /// The ids of the rules that count.
    var active: Set<String> { Set(rules.map(\.id)).subtracting(suspended) }

    func capability(_ name: String) -> Capability? { capabilities.first { $0.name.text == name } }
}

/// How names were declared, and which were not, or otherwise, for a while: a removal that is not recorded is undone when the log
/// is back, and a declaration may come back too.
struct DeclaredNames {
    private var last: [String: Capability] = [:]
    /// Names that were not declared at some time, or otherwise: what was held of before is of no use any more, also where the
    /// declaration has come back.
    private(set) var wereGone: Set<String> = []

    mutating func look(_ policy: PolicyFacts) {
        for (name, capability) in last where policy.capability(name) != capability { wereGone.insert(name) }
        for capability in policy.capabilities { last[capability.name.text] = capability }
    }
}

/// A process that is a client, or was one.
final class SimProcess {
    let uid: UInt32
    let pid: Int32
    let program: String
    /// It has ended.
    var isGone = false
    /// It has become another program since it connected.
    var hasChanged = false

    init(uid: UInt32, pid: Int32, program: String) {
        self.uid = uid
        self.pid = pid
        self.program = program
    }

    var key: HolderKey { HolderKey(pid: pid, pidfdInode: UInt64(pid) + 1_000_000, startTicks: nil) }

    var identity: Identity {
        Identity(uid: uid, gid: uid, pid: pid, pidfdInode: UInt64(pid) + 1_000_000, exe: .known(program))
    }
}

func capabilityName(_ text: String) -> CapabilityName {
    guard let name = try? CapabilityName(text) else { preconditionFailure("\(text) is no name") }
    return name
}

private func pattern(_ text: String) -> NamePattern {
    guard let pattern = try? NamePattern(text) else { preconditionFailure("\(text) is no pattern") }
    return pattern
}

private func textPattern(_ text: String) -> TextPattern {
    guard let pattern = try? TextPattern(text) else { preconditionFailure("\(text) is no pattern") }
    return pattern
}

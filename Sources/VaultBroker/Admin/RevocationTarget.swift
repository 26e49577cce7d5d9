// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import PolicyFiles
import Varlink
import VaultCore
import VaultInterface
import VaultModel
import VaultPolicy

/// What a revocation is about: one rule, or what permits names to somebody.
struct RevocationTarget: Sendable {
    var rules: [Rule]
    /// Set when somebody was named: for whom, and which names.
    var principal: Principal?
    var pattern: NamePattern?
    /// Why there is no rule to revoke, where there is none.
    var reason: PolicyProblem?

    /// Somebody, as `--from user:alice` names them.
    struct Principal: Sendable {
        var kind: SelectorKind
        var text: String
        var id: UInt32?

        /// Whether a rule is about this principal and nobody else: then revoking it takes nothing from others.
        func isNamed(by selectors: SelectorSet) -> Bool {
            switch kind {
            case .user, .uid: selectors.users.contains { $0.id == id } || selectors.uids.contains { $0 == id }
            case .group, .gid: selectors.groups.contains { $0.id == id } || selectors.gids.contains { $0 == id }
            default: selectors.values(of: kind).contains(text)
            }
        }

        /// The users and groups that a rule names.
        static func named(by selectors: SelectorSet) -> [Principal] {
            let users = selectors.users.map(\.id) + selectors.uids
            let groups = selectors.groups.map(\.id) + selectors.gids
            return users.map { Principal(kind: .uid, text: "\($0)", id: $0) }
                + groups.map { Principal(kind: .gid, text: "\($0)", id: $0) }
        }

        /// The users that a rule is about, where it says so.
        static func users(of selectors: SelectorSet) -> Set<UInt32> {
            Set(selectors.users.map(\.id) + selectors.uids)
        }

        /// Whether a rule names this principal, and asks for nothing beside.
        func isAllThatIsAsked(by selectors: SelectorSet) -> Bool {
            guard isNamed(by: selectors) else { return false }
            let kinds: [SelectorKind] = kind == .uid || kind == .user ? [.user, .uid] : [.group, .gid]
            return selectors.kinds.kinds.allSatisfy(kinds.contains)
        }

        /// Whether a rule may be about this principal, though it does not name it.
        func mayBe(in selectors: SelectorSet) -> Bool {
            if selectors.anyone || isNamed(by: selectors) { return true }
            switch kind {
            // A user may be in a group, run in a unit, and so on: only another user is surely another.
            case .user, .uid: return selectors.users.isEmpty && selectors.uids.isEmpty
            case .group, .gid: return selectors.groups.isEmpty && selectors.gids.isEmpty
            default: return selectors.values(of: kind).isEmpty
            }
        }
    }

    /// Of the rules, those that forbid; nil when there is none.
    var lifted: [String]? {
        let forbids = rules.filter { $0.effect == .forbid }
        return forbids.isEmpty ? nil : forbids.map(\.id)
    }

    /// Permits that the lifted rules may have overruled, each with its place; nil when nothing was lifted.
    func nowPermitted(by policy: CompiledPolicy) -> [String]? {
        let forbids = rules.filter { $0.effect == .forbid }
        guard !forbids.isEmpty else { return nil }
        return policy.rules { permit in
            permit.effect == .permit && !policy.suspended.contains(permit.id)
                && forbids.contains { forbid in
                    let isAboutTheSame =
                        (permit.capabilities.isEmpty && forbid.capabilities.isEmpty)
                        || permit.capabilities.contains { forbid.capabilities.contains(where: $0.overlaps) }
                    let users = Principal.users(of: permit.to)
                    let others = Principal.users(of: forbid.to)
                    return isAboutTheSame && permit.actions.permitted.actions.contains(where: forbid.actions.contains)
                        && (users.isEmpty || others.isEmpty || !users.isDisjoint(with: others))
                }
        }.map { "\($0.id) (\($0.whence))" }
    }

    /// The rules that still permit it, each with its place, for `vault revoke` to report.
    ///
    /// Of a principal that was named: whatever may be about it. Of one rule: what surely permits some of the same names to
    /// somebody whom that rule named.
    func stillPermitted(by policy: CompiledPolicy) -> [String] {
        func isActive(_ rule: Rule) -> Bool {
            rule.effect == .permit && rule.actions.contains(.open) && !policy.suspended.contains(rule.id)
        }
        let still: [Rule]
        if let principal, let pattern {
            still = policy.rules { rule in
                isActive(rule) && principal.mayBe(in: rule.to)
                    && rule.capabilities.contains { $0.overlaps(pattern) }
            }
        } else {
            let revoked = rules.filter { $0.effect == .permit && $0.actions.contains(.open) }
            still = policy.rules { rule in
                isActive(rule)
                    && revoked.contains { old in
                        rule.id != old.id
                            && Principal.named(by: old.to).contains {
                                rule.to.anyone || $0.isAllThatIsAsked(by: rule.to)
                            }
                            && rule.capabilities.contains { new in old.capabilities.contains(where: new.overlaps) }
                    }
            }
        }
        return still.map { "\($0.id) (\($0.whence))" }
    }
}

extension RevocationTarget {
    /// What was asked for, with the names in it looked up.
    enum Wanted: Sendable {
        case rule(String)
        /// - Parameter from: the principal, as it was written.
        case names(NamePattern, Principal, from: String)

        init(
            _ parameters: AdminInterface.Revoke.Parameters, names: WorkThread
        ) async throws(VarlinkError) {
            if let id = parameters.rule {
                guard parameters.pattern == nil, parameters.from == nil else { throw .invalidParameter("rule") }
                self = .rule(id)
                return
            }
            guard let text = parameters.pattern else { throw .invalidParameter("pattern") }
            guard let from = parameters.from else { throw .invalidParameter("from") }
            self = .names(try Broker.pattern(text), try await Principal(from, names), from: from)
        }

        /// The rules of a policy that it is about; none where there is nothing to revoke.
        func rules(in policy: CompiledPolicy) -> Result<[Rule], PolicyRefusal> {
            switch self {
            case .rule(let id):
                guard let rule = policy.rule(id) else { return .failure(.notFound(id)) }
                return .success(policy.suspended.contains(id) ? [] : [rule])
            case .names(let pattern, let principal, _):
                let rules = policy.rules { rule in
                    // In the turn in which it is asked for: what takes longest comes last.
                    rule.effect == .permit && !rule.capabilities.isEmpty && principal.isNamed(by: rule.to)
                        && rule.to.values(of: principal.kind).count <= 1 && !policy.suspended.contains(rule.id)
                        && rule.capabilities.allSatisfy { pattern.covers($0) }
                }
                return .success(rules)
            }
        }

        /// The same, and what is to be said of it.
        /// - Parameter isName: whether the pattern matches the name of a capability.
        func target(in policy: CompiledPolicy, isName: (NamePattern) -> Bool) -> RevocationTarget {
            var target = RevocationTarget(rules: (try? rules(in: policy).get()) ?? [])
            switch self {
            case .rule(let id):
                guard target.rules.isEmpty else { break }
                target.reason = Self.nothing(
                    "the rule '\(id)' is suspended already", "vault policy resume \(id), to put it in force again")
            case .names(let pattern, let principal, let from):
                (target.principal, target.pattern) = (principal, pattern)
                guard target.rules.isEmpty else { break }
                let isKnown =
                    isName(pattern) || policy.rules.contains { $0.capabilities.contains(where: pattern.covers) }
                target.reason =
                    isKnown
                    ? Self.nothing(
                        "no rule permits what '\(pattern)' matches to \(from) alone", "vault rules '\(pattern)'")
                    : Self.nothing(
                        "no capability and no rule has a name that '\(pattern)' matches", "vault list; vault rules")
            }
            return target
        }

        private static func nothing(_ message: String, _ remedy: String) -> PolicyProblem {
            PolicyProblem(path: "", line: 0, column: 0, message: message, remedy: remedy)
        }
    }
}

extension RevocationTarget.Principal {
    /// Looks up the user or group, on a thread that waits for no policy.
    fileprivate init(_ text: String, _ work: WorkThread) async throws(VarlinkError) {
        let words = text.split(at: ":", maxSplits: 1, omittingEmpty: false)
        guard words.count == 2, let kind = SelectorKind(rawValue: String(words[0])) else {
            throw .invalidParameter("from")
        }
        let value = String(words[1])
        var id = value.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt32(value) : nil
        switch kind {
        case .user: id = await work.run { SystemNames().uid(ofUser: value) } ?? id
        case .group: id = await work.run { SystemNames().gid(ofGroup: value) } ?? id
        default: break
        }
        if [.user, .group].contains(kind), id == nil {
            throw PolicyRefusal.because(
                "there is no \(kind.rawValue) '\(value)'",
                remedy: kind == .user ? "its number, if the user is gone: --from uid:N" : "its number: --from gid:N"
            ).varlinkError
        }
        if [.uid, .gid].contains(kind), id == nil { throw .invalidParameter("from") }
        self.init(kind: kind, text: value, id: id)
    }
}

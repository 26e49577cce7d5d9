// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Varlink
import VaultInterface
import VaultModel
import VaultPolicy

/// What a revocation is about: one rule, or what permits names to somebody.
struct RevocationTarget {
    var rules: [Rule]
    /// Set when somebody was named: for whom, and which names.
    var principal: Principal?
    var pattern: NamePattern?

    /// Somebody, as `--from user:alice` names them.
    struct Principal {
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

    /// The rules that still permit it, each with its place, for `vault revoke` to report.
    func stillPermitted(by policy: CompiledPolicy) -> [String] {
        guard let principal, let pattern else { return [] }
        return policy.rules.filter { rule in
            rule.effect == .permit && !policy.suspended.contains(rule.id) && rule.actions.contains(.open)
                && rule.capabilities.contains { $0.overlaps(pattern) } && principal.mayBe(in: rule.to)
        }.map { "\($0.id) (\(Broker.origin(of: $0)))" }
    }
}

extension Broker {
    func revocationTarget(
        _ parameters: AdminInterface.Revoke.Parameters
    ) async throws(VarlinkError) -> RevocationTarget {
        if let id = parameters.rule {
            guard parameters.pattern == nil, parameters.from == nil else { throw .invalidParameter("rule") }
            guard let rule = policy.compiled.rule(id) else { throw BrokerError.notFound(name: id).varlinkError }
            return RevocationTarget(rules: policy.compiled.suspended.contains(id) ? [] : [rule])
        }
        guard let text = parameters.pattern else { throw .invalidParameter("pattern") }
        guard let from = parameters.from else { throw .invalidParameter("from") }
        let pattern = try Self.pattern(text)
        let principal = try await principal(from)
        let rules = policy.compiled.rules.filter { rule in
            rule.effect == .permit && !policy.compiled.suspended.contains(rule.id)
                && rule.capabilities.contains { pattern.covers($0) } && !rule.capabilities.isEmpty
                && rule.capabilities.allSatisfy { pattern.covers($0) } && principal.isNamed(by: rule.to)
                && rule.to.values(of: principal.kind).count <= 1
        }
        return RevocationTarget(rules: rules, principal: principal, pattern: pattern)
    }

    private func principal(_ text: String) async throws(VarlinkError) -> RevocationTarget.Principal {
        guard let colon = text.firstIndex(of: ":"), let kind = SelectorKind(rawValue: String(text[..<colon])) else {
            throw .invalidParameter("from")
        }
        let value = String(text[text.index(after: colon)...])
        var id = UInt32(value)
        switch kind {
        case .user: id = await work.run { SystemNames().uid(ofUser: value) } ?? id
        case .group: id = await work.run { SystemNames().gid(ofGroup: value) } ?? id
        default: break
        }
        if [.user, .uid, .group, .gid].contains(kind), id == nil { throw .invalidParameter("from") }
        return RevocationTarget.Principal(kind: kind, text: value, id: id)
    }
}

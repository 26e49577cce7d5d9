// SPDX-License-Identifier: Apache-2.0

import JSONText
import Records
import VaultInterface

extension RecordSummary {
    /// What a record of a change of the policy says, as a sentence for people. Of a type that a later version has, its details.
    var changeInWords: String {
        switch stored.kind {
        case .policyApply: policyInWords
        case .ruleAdd: ruleInWords
        case .ruleResume: "Rule \(text("rule") ?? "?") is in force again"
        case .capabilityAdd: "\(name) is a capability from here on: \(sourceInWords)"
        case .capabilityRemove: "\(name) is no capability any more"
        case .revoke: revocationInWords
        default: details(withReason: false)
        }
    }

    private var policyInWords: String {
        let revision = stored.policy.map { "Revision \($0.revision)" } ?? "A revision"
        if let resolved = list("resolved"), !resolved.isEmpty {
            return "\(revision): names looked up again, \(resolved.joined(separator: ", "))"
        }
        guard let files = integer("files") else { return "\(revision): the rules of the vault's owner" }
        let place = text("directory").map { " of \($0)" } ?? ", applied by command"
        let changes = integer("changes").map {
            "; \(Self.counted($0, "rule or capability", "rules and capabilities")) changed"
        }
        let which = list("changed").map { ": \($0.joined(separator: ", "))" }
        return "\(revision): \(Self.counted(files, "file", "files"))\(place)\(changes ?? "")\(which ?? "")"
    }

    private var ruleInWords: String {
        let id = text("rule") ?? "?"
        guard let document = text("document") else { return "Rule \(id) was made" }
        let rule = RuleSummary(.init(id: id, origin: "", suspended: false, document: document))
        guard !rule.actions.isEmpty else { return "Rule \(id) was made" }
        let names = rule.capabilities.isEmpty ? "" : " of \(rule.capabilities.joined(separator: ", "))"
        let rights = rule.rights.isEmpty ? "" : " (\(rule.rights.joined(separator: ", ")))"
        let conditions = rule.conditions.isEmpty ? "" : "; \(rule.conditions.joined(separator: ", "))"
        return
            "Rule \(id) \(rule.isForbid ? "forbids" : "permits") \(rule.actions.joined(separator: ", "))\(names)\(rights) "
            + "\(rule.isForbid ? "for" : "to") \(rule.principals.joined(separator: ", "))\(conditions)"
    }

    private var revocationInWords: String {
        guard let rules = list("revoked"), !rules.isEmpty else { return "A revocation that met no rule" }
        return "Revoked: \(rules.joined(separator: ", "))"
    }

    private var name: String { stored.capability?.name ?? "?" }

    /// `file /var/log/x`: its kind, and where it leads.
    private var sourceInWords: String {
        let document = text("document").flatMap { try? JSONValue(parsing: $0) }?.object?.members ?? []
        guard let source = document.first(where: { $0.value.object != nil }) else {
            return stored.capability?.kind ?? "?"
        }
        let places = source.value.object?.members.filter { $0.key != "rights" && $0.value.string != nil } ?? []
        return ([source.key] + places.prefix(1).compactMap(\.value.string)).joined(separator: " ")
    }

    private func text(_ key: String) -> String? { value(key)?.string }
    private func integer(_ key: String) -> Int? { value(key)?.integer.flatMap(Int.init(exactly:)) }
    private func list(_ key: String) -> [String]? { value(key)?.array?.compactMap(\.string) }
    private func value(_ key: String) -> JSONValue? { stored.body.first { $0.key == key }?.value }

    private static func counted(_ count: Int, _ one: String, _ many: String) -> String {
        "\(count) \(count == 1 ? one : many)"
    }
}

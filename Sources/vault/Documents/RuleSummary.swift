// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import VaultInterface
import VaultModel

/// What the document of a stored rule says, in few words. The broker sends it as canonical JSON; what is not found
/// there is left out rather than guessed.
struct RuleSummary {
    let isForbid: Bool
    let actions: [String]
    let capabilities: [String]
    /// `user:alice`, or `anyone`.
    let principals: [String]
    let rights: [String]
    /// Each with its value: `lease 10m`.
    let conditions: [String]

    init(_ rule: AdminInterface.Rule) {
        let document = (try? JSONValue(parsing: rule.document)) ?? [:]
        let forbidden = document["forbid"]
        isForbid = forbidden != nil
        actions = Self.list(forbidden ?? document["permit"])
        capabilities = Self.list(document["capability"])
        if case .object(let selectors)? = document["to"] {
            principals = selectors.members.map { "\($0.key):\(Self.list($0.value).joined(separator: ","))" }
        } else {
            principals = Self.list(document["to"])
        }
        rights = Self.list(document["rights"])
        let others = [
            "not-before", "not-after", "hours", "lease", "max-lease", "uses", "outstanding", "rate", "reason",
            "deposits", "any-filesystem", "directories", "devices",
        ]
        conditions = others.compactMap { key in
            guard let value = document[key] else { return nil }
            let time = try? value.string.map { try TimeArgument($0) }
            return "\(key) \(time.map { LocalTime.text($0.microseconds) } ?? value.words)"
        }
    }

    /// Whether it permits somebody to open a name.
    func permitsOpening(_ name: String) -> Bool {
        !isForbid && actions.contains("open")
            && capabilities.contains { pattern in
                (try? CapabilityName(name)).flatMap { name in (try? NamePattern(pattern))?.matches(name) } ?? false
            }
    }

    private static func list(_ value: JSONValue?) -> [String] {
        switch value {
        case nil: []
        case .array(let elements)?: elements.map(\.words)
        case let value?: [value.words]
        }
    }
}

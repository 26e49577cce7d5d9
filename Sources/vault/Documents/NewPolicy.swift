// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import VaultModel

/// A policy file with one capability, one rule about it, and tests of both.
struct NewPolicy {
    /// The capability as a policy file holds it.
    let capability: JSONValue
    let name: String
    let rule: String
    let to: [SelectorArgument]
    let rights: Rights?

    /// - Parameter id: of the rule; else it is made of the name and of whom it permits.
    init(capability: JSONValue, name: String, id: String?, to: [SelectorArgument], rights: Rights?) {
        self.capability = capability
        self.name = name
        self.to = to
        self.rights = rights
        let who = to.first.map { $0.kind == nil ? "anyone" : "\($0.values.first ?? "")" } ?? "anyone"
        rule = id ?? Self.identifier("\(name)-for-\(who)")
    }

    var text: String {
        let document: JSONObject = {
            var rule: JSONObject = [
                "id": .string(self.rule), "permit": ["open"], "capability": .string(name), "to": selectors { $0 },
            ]
            rule["rights"] = rights.map { .array($0.words.map { .string($0) }) }
            return rule
        }()
        var tests: [JSONValue] = []
        if !to.contains(where: { $0.kind == nil }) {
            tests.append([
                "as": selectors { [Self.example(of: $0[0])] }, "open": .string(name), "expect": "permit",
                "rule": .string(rule),
            ])
            // Somebody of whom the rule says nothing.
            tests.append(["as": ["uid": .integer(Self.stranger)], "open": .string(name), "expect": "deny"])
        } else {
            tests.append(
                [
                    "as": ["uid": .integer(Self.stranger)], "open": .string(name), "expect": "permit",
                    "rule": .string(rule),
                ])
        }
        // Nobody gets what the rule does not give.
        if let rights, !rights.contains(.write) {
            let subject: JSONValue =
                to.contains { $0.kind == nil }
                ? ["uid": .integer(Self.stranger)] : selectors { [Self.example(of: $0[0])] }
            tests.append(["as": subject, "open": .string(name), "rights": ["write"], "expect": "deny"])
        }
        func section(_ key: String, _ elements: [JSONValue]) -> String {
            "\n\(key):\n" + elements.flatMap(YAMLText.element).map { $0 + "\n" }.joined()
        }
        return "vault: 1\n" + section("capabilities", [capability]) + section("rules", [.object(document)])
            + section("tests", tests)
    }

    /// Whom no rule names.
    private static let stranger: Int64 = 4_294_901_000

    private func selectors(_ choose: ([String]) -> [String]) -> JSONValue {
        var selectors: JSONObject = [:]
        for argument in to {
            guard let kind = argument.kind else { return "anyone" }
            let values = choose(argument.values).map { JSONValue.string($0) }
            selectors[kind.rawValue] = values.count == 1 ? values[0] : .array(values)
        }
        return .object(selectors)
    }

    /// A value that a pattern is about.
    private static func example(of pattern: String) -> String {
        pattern.split(at: "*", omittingEmpty: false).joined(separator: "x")
    }

    /// The same in what an id may hold.
    private static func identifier(_ text: String) -> String {
        let words = text.utf8.map { byte -> Character in
            let character = Character(UnicodeScalar(byte))
            return character.isASCII && (character.isLetter || character.isNumber || ".-_".contains(character))
                ? character : "-"
        }
        return String(words.drop { $0 == "-" }.prefix(60))
    }
}

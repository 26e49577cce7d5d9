// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Reads one case of `tests`.
struct TestReader {
    let context: ReadingContext

    static let keys = ["as"] + Action.allCases.map(\.rawValue) + ["rights", "at", "reason", "expect", "rule"]

    private static let hints = [
        "user": "write it inside 'as'", "permit": "write expect: permit", "deny": "write expect: deny",
        "name": "write the action with the name, such as open: NAME",
    ]

    /// nil when something is wrong with it, which has been reported.
    func read(_ node: DocumentNode) -> PolicyTest? {
        let problems = context.problems
        let before = problems.problems.count
        guard let mapping = MappingReader(node, "a test", keys: Self.keys, hints: Self.hints, problems: problems) else {
            return nil
        }
        mapping.require("as", remedy: "say who asks, such as as: { user: alice }")
        mapping.require("expect", remedy: "write expect: permit or expect: deny")
        let subject = mapping.node("as").flatMap(readSubject)
        let asked = readAction(mapping)
        let rights = mapping.values("rights") { (text: String) throws(InvalidText) in try Rights.parse([text]) }
        let expectation = mapping.value("expect", Self.expectation)
        let time = mapping.value("at", TimeText.parse)
        let hasReason = mapping.value("reason", ScalarText.yesOrNo) ?? false
        let rule = mapping.text("rule")?.text
        if let asked, rights != nil, asked.action != .open, asked.action != .deposit {
            mapping.refuse("rights", because: "only open and deposit ask for rights", remedy: "remove it")
        }
        if hasReason, let asked, asked.action != .open {
            mapping.refuse("reason", because: "only open is asked for with a reason", remedy: "remove it")
        }
        guard let subject, let asked, let expectation, problems.problems.count == before else { return nil }
        return PolicyTest(
            subject: subject, action: asked.action, name: asked.name,
            rights: rights?.reduce(into: Rights()) { $0.formUnion($1) }, atUSec: time, hasReason: hasReason,
            expectation: expectation, rule: rule, place: node.place)
    }

    private func readAction(_ mapping: MappingReader) -> (action: Action, name: CapabilityName?)? {
        let present = Action.allCases.filter { mapping.has($0.rawValue) }
        guard present.count == 1 else {
            mapping.problems.add(
                present.isEmpty ? "a test asks for nothing" : "a test asks for several actions",
                remedy: "write one action with a name, such as open: logs/web, or admin: yes",
                at: mapping.place)
            return nil
        }
        let action = present[0]
        guard action.takesCapability else {
            return mapping.value(action.rawValue, ScalarText.yesOrNo).map { _ in (action, nil) }
        }
        return mapping.value(action.rawValue) { (text: String) throws(InvalidText) in try CapabilityName(text) }
            .map { (action, $0) }
    }

    private func readSubject(_ node: DocumentNode) -> Subject? {
        let keys = SelectorKind.allCases.map(\.rawValue)
        guard let mapping = MappingReader(node, "'as'", keys: keys, problems: context.problems) else { return nil }
        if mapping.has("user"), mapping.has("uid") {
            mapping.refuse("uid", because: "the user has one already", remedy: "keep one of them")
        }
        let groups =
            (mapping.values("group", context.names.group) ?? []).map(\.id)
            + (mapping.values("gid", ScalarText.id) ?? [])
        return Subject(
            uid: mapping.value("user", context.names.user)?.id ?? mapping.value("uid", ScalarText.id),
            gid: groups.first, groups: Array(groups.dropFirst()), label: mapping.text("label")?.text,
            cgroup: mapping.text("cgroup")?.text, unit: mapping.text("unit")?.text,
            loginuid: mapping.value("loginuid", context.names.userOrID)?.id,
            namespace: mapping.text("namespace")?.text, exe: mapping.text("exe")?.text,
            sha256: mapping.text("sha256")?.text)
    }

    private static func expectation(_ text: String) throws(InvalidText) -> PolicyTest.Expectation {
        if let expectation = PolicyTest.Expectation(rawValue: text) { return expectation }
        throw InvalidText("'\(text)' cannot be expected", remedy: "write expect: permit or expect: deny")
    }
}

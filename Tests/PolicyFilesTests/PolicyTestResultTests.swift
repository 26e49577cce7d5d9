// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Testing
import VaultModel

@Suite("Tests beside the rules")
struct PolicyTestResultTests {
    private static let rules = """
        vault: 1
        capabilities:
          - { name: a, file: { path: /a, rights: [read] } }
        rules:
          - { id: alice, permit: open, capability: a, to: { user: alice } }
          - { id: admin, permit: admin, to: { group: adm } }
          - { id: no-shell, forbid: open, capability: a, to: { exe: /bin/sh } }
        tests:
          -
        """

    /// What is said of one test; nil: it passed.
    private func run(_ test: String) throws -> String? {
        let (set, problems) = PolicyReader.read(
            [PolicyFile(path: "p", text: "\(Self.rules) { \(test) }\n")], names: FixedNames())
        #expect(problems.isEmpty)
        let result = try #require(set.runTests(wallUSec: 0).first)
        return result.problem.map { "\($0.line):\($0.column) \($0.message); \($0.remedy)" }
    }

    @Test(
        "pass when the answer is the expected one",
        arguments: [
            "as: { user: alice }, open: a, expect: permit, rule: alice",
            "as: { user: alice }, open: a, rights: [write], expect: deny",
            "as: { user: alice, exe: /bin/sh }, open: a, expect: deny, rule: no-shell",
            "as: { uid: 7, gid: [1, 4] }, admin: yes, expect: permit", "as: { uid: 7 }, admin: yes, expect: deny",
            "as: { user: alice }, list: a, expect: permit", "as: { user: alice }, deposit: a, expect: deny",
            "as: {}, open: unheard/of, expect: deny",
        ])
    func passing(test: String) throws {
        #expect(try run(test) == nil)
    }

    @Test(
        "say what came instead, and why",
        arguments: [
            Mistake(
                "as: { user: alice }, open: a, expect: deny",
                "9:5 the test expects deny, and the answer is permit; the rule 'alice' permits it"),
            Mistake(
                "as: { user: bob }, open: a, expect: permit",
                "9:5 the test expects permit, and the answer is deny; the rule 'alice' wants user: alice, and it is 1001"
            ),
            Mistake(
                "as: { user: alice, exe: /bin/sh }, open: a, expect: permit",
                "9:5 the test expects permit, and the answer is deny; the rule 'no-shell' forbids it"),
            Mistake(
                "as: { user: alice }, deposit: a, expect: permit",
                "9:5 the test expects permit, and the answer is deny; no rule is about this"),
            Mistake(
                "as: { user: alice }, open: a, expect: permit, rule: admin",
                "9:5 the test expects the rule 'admin', and the answer is by 'alice'; the rule 'alice' permits it"),
            Mistake(
                "as: { user: bob }, open: a, expect: deny, rule: no-shell",
                "9:5 the test expects the rule 'no-shell', and no rule decided; "
                    + "the rule 'alice' wants user: alice, and it is 1001"),
        ])
    func failing(mistake: Mistake) throws {
        #expect(try run(mistake.text) == mistake.problem)
    }

    @Test("The names of the system are found, and unknown ones are not")
    func systemNames() {
        #expect(SystemNames().uid(ofUser: "root") == 0 && SystemNames().gid(ofGroup: "root") == 0)
        #expect(SystemNames().uid(ofUser: "no such user") == nil && SystemNames().gid(ofGroup: "no such group") == nil)
    }
}

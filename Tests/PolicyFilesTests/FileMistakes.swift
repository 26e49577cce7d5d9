// SPDX-License-Identifier: Apache-2.0

/// Files with one mistake each.
enum FileMistakes {
    static let all = documents + sets + tests

    private static let documents = [
        Mistake("", "1:1 the document is empty; write it, or remove the file"),
        Mistake(
            "rules: []", "1:1 a policy file has no 'vault'; begin the file with 'vault: 1', the version of its language"
        ),
        Mistake("vault: 2", "1:8 '2' is not a version that this reads; write vault: 1"),
        Mistake(
            "- vault: 1", "1:1 a policy file is a list; write a mapping with the keys vault, capabilities, rules, tests"
        ),
        Mistake("vault: 1\nrule: []", "2:1 'rule' is not a key of a policy file; did you mean 'rules'?"),
        Mistake("vault: 1\nrules: none", "2:8 'rules' is the text 'none'; write a list, each entry after '- '"),
        Mistake("vault: 1\nrules: &a []", "2:8 the anchor '&a' is not allowed; write the value out where it is needed"),
        Mistake("vault: 1\nvault: 1", "2:1 the key 'vault' is written twice; keep one of them; the first is in line 1"),
        Mistake(
            "vault: 1\n\"rules\": []\nrules: []",
            "3:1 the key 'rules' is written twice; keep one of them; the first is in line 2"),
        Mistake("vault: 1\n? [a]\n: b", "2:3 a key is not a plain word; write a key, a colon and its value"),
        Mistake(
            "vault: 1\n\trules: []",
            "2:1 a tab stands in the indentation, where YAML allows only spaces; indent with spaces"),
        Mistake(
            "vault: 1\nrules:\n  \t- id: a",
            "3:3 a tab stands in the indentation, where YAML allows only spaces; indent with spaces"),
        Mistake(
            "vault: 1\n\u{FEFF}rules: []",
            "2:1 a byte order mark (U+FEFF) stands within the text; "
                + "remove it; where files were joined, write them separately"),
        Mistake(
            "vault: 1\n---\nvault: 1",
            "2:1 the text is not YAML: expected a single document in the stream (line 1): "
                + "but found another document; write one document in a file, without a second '---'"),
        Mistake(
            "vault: 1\nrules: @x",
            "2:8 the text is not YAML: while scanning for the next token (line 2): "
                + "found character that cannot start any token; quote the text"),
        Mistake(
            "vault: 1\nrules: [",
            "3:1 the text is not YAML: while parsing a flow node (line 3): did not find expected node content; "
                + "check the indentation, the colons and the quotes here and in the line above"),
        Mistake(
            "vault: 1\nrules: \u{1}",
            "2:8 the text is not YAML: control characters are not allowed; remove the character"),
        Mistake("vault: 1\nrules: \u{F8E1}", "2:8 the text holds a private-use character; remove the character"),
        Mistake(
            "vault: 1\nrules: " + String(repeating: "[", count: 1000),
            "2:40 the document is nested too deep; write it as documented; nothing lies this deep"),
        Mistake(
            "vault: 1\nrules:\n  " + String(repeating: "- ", count: 1000),
            "3:67 the document is nested too deep; write it as documented; nothing lies this deep"),
    ]

    private static let logs = "capabilities: [{ name: logs/web, file: { path: /a } }]\n"

    private static let sets = [
        Mistake(
            "vault: 1\ncapabilities:\n  - { name: a, pipe: {} }\n  - { name: a, pipe: {} }",
            "4:5 the name 'a' is taken: it is used at p.yaml:3:5; choose another name"),
        Mistake(
            "vault: 1\n\(logs)rules: [{ id: r, permit: open, capability: logs/wbe, to: anyone }]",
            "3:9 warning: no capability of these files matches 'logs/wbe' of the rule 'r'; did you mean 'logs/web'?"),
        Mistake(
            "vault: 1\n\(logs)rules: [{ id: r, permit: open, capability: secrets/*, to: anyone }]",
            "3:9 warning: no capability of these files matches 'secrets/*' of the rule 'r'; "
                + "check the name, or add the capability"),
        Mistake(
            "vault: 1\n\(logs)rules: [{ id: r, permit: open, capability: logs/*, to: anyone, rights: [write] }]",
            "3:9 warning: the rule 'r' gives write, which no capability that matches 'logs/*' has; "
                + "name rights that 'logs/web' has: read"),
    ]

    private static func test(_ members: String, _ problem: String) -> Mistake {
        Mistake("vault: 1\ntests: [{ \(members) }]", problem)
    }

    private static let tests = [
        test("open: a, expect: permit", "2:9 a test has no 'as'; say who asks, such as as: { user: alice }"),
        test("as: {}, open: a", "2:9 a test has no 'expect'; write expect: permit or expect: deny"),
        test("as: {}, open: a, expect: grant", "2:36 'grant' cannot be expected; write expect: permit or expect: deny"),
        test(
            "as: {}, expect: deny",
            "2:9 a test asks for nothing; write one action with a name, such as open: logs/web, or admin: yes"),
        test(
            "as: {}, open: a, list: a, expect: deny",
            "2:9 a test asks for several actions; write one action with a name, such as open: logs/web, or admin: yes"),
        test("as: {}, open: a/*, expect: deny", "2:25 the name holds '*'; name one capability, without wildcards"),
        test(
            "as: {}, list: a, rights: [read], expect: deny",
            "2:28 'rights': only open and deposit ask for rights; remove it"),
        test(
            "as: { user: alice, uid: 1 }, open: a, expect: deny",
            "2:30 'uid': the user has one already; keep one of them"),
        test(
            "as: {}, open: a, expect: deny, rule: gone",
            "2:9 a test expects the rule 'gone', which no file has; write the id of a rule, or leave 'rule' out"),
        test("user: alice, as: {}, open: a, expect: deny", "2:11 'user' is not a key of a test; write it inside 'as'"),
    ]
}

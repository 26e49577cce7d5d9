// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Testing
import VaultModel

@Suite("Reading policy files")
struct PolicyReaderTests {
    @Test("The example of the documentation is read to capabilities and rules")
    func example() throws {
        let text = """
            # Policies/web.yaml
            vault: 1

            capabilities:
              - name: logs/web/access
                file: { path: /var/log/nginx/access.log, rights: [read] }
                open: each-grant          # the log is rotated: open the path anew
              - name: web/listener
                listen: { tcp: "127.0.0.1:8080" }

            rules:
              - id: web-reads-its-log
                permit: [open]
                capability: logs/web/*
                to: { user: www-data, unit: nginx.service }
                rights: [read]
                lease: 15m
              - id: no-shells-for-guests
                forbid: [open]
                capability: "**"
                to: { group: guests }
            """
        let (set, problems) = PolicyReader.read([PolicyFile(path: "web.yaml", text: text)], names: FixedNames())
        #expect(problems.isEmpty, "\(problems.map { $0.text(source: text) }.joined(separator: "\n"))")
        #expect(
            set.capabilities.map(\.document) == [
                #"{"name":"logs/web/access","file":{"path":"/var/log/nginx/access.log","rights":["read"]},"#
                    + #""delivery":"fresh","open":"each-grant"}"#,
                #"{"name":"web/listener","listen":{"tcp":"127.0.0.1:8080","backlog":128},"#
                    + #""delivery":"shared","open":"at-start"}"#,
            ])
        #expect(
            set.rules.map(\.document) == [
                #"{"id":"web-reads-its-log","permit":["open"],"capability":["logs/web/*"],"#
                    + #""to":{"user":["www-data"],"unit":["nginx.service"]},"rights":["read"],"lease":"15m"}"#,
                #"{"id":"no-shells-for-guests","forbid":["open"],"capability":["**"],"to":{"group":["guests"]}}"#,
            ])
        #expect(set.rules.first?.to.users == [NamedID(name: "www-data", id: 33)])
        #expect(set.rules.first?.place == Place(path: "web.yaml", line: 12, column: 5))
    }

    @Test("A pattern that begins with '*' must be quoted, and the rest of the file is still read")
    func unquotedStar() {
        let text = """
            vault: 1
            rules:
              - id: a
                permit: [open]
                capability: **
                to: anyone
              - id: b
                permit: [open]
                capability: */x
                to: { user: mallory }
              - id: c
                permit: [open]
                capability: *x
                to: { user: alice, user: bob }
            """
        let (_, problems) = PolicyReader.read([PolicyFile(path: "p.yaml", text: text)], names: FixedNames())
        #expect(
            problems.map { "\($0.line):\($0.column) \($0.message); \($0.remedy)" } == [
                "5:17 '*' begins an alias here, which is not allowed; quote a pattern that begins with '*'",
                "9:17 '*' begins an alias here, which is not allowed; quote a pattern that begins with '*'",
                "10:17 there is no user 'mallory'; create the user, or select by uid",
                "13:17 '*' begins an alias here, which is not allowed; quote a pattern that begins with '*'",
                "14:24 the key 'user' is written twice; keep one of them; the first is in line 14",
            ])
    }

    @Test("More mistakes than are passed over are still an error, never a file that says nothing")
    func manyMistakes() {
        let star = (0..<150).map { "  - { id: r\($0), permit: open, capability: *, to: anyone }\n" }
        let twice = (0..<150).map { "  - { id: r\($0), id: s\($0), permit: open, capability: a, to: anyone }\n" }
        for rules in [star, twice] {
            let text = "vault: 1\nrules:\n" + rules.joined()
            let (_, problems) = PolicyReader.read([PolicyFile(path: "p", text: text)], names: FixedNames())
            #expect(!problems.isEmpty)
        }
    }

    @Test("Aliases upon aliases are refused before they grow")
    func aliases() {
        let levels = (1..<30).map { level in
            "a\(level): &a\(level) [\((0..<9).map { _ in "*a\(level - 1)" }.joined(separator: ", "))]"
        }
        let text = "vault: 1\na0: &a0 [x]\n" + levels.joined(separator: "\n")
        let clock = ContinuousClock()
        let start = clock.now
        let (_, problems) = PolicyReader.read([PolicyFile(path: "p", text: text)], names: FixedNames())
        #expect(problems.contains { $0.message == "the anchor '&a0' is not allowed" })
        #expect(clock.now - start < .seconds(5))
    }
}

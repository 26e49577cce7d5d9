// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Testing
import VaultModel

/// A text with one mistake, and what is said of it.
struct Mistake: Sendable, CustomTestStringConvertible {
    /// The text of a file, a rule, a capability or a test.
    let text: String
    /// `line:column message; remedy`, in the text of the file that is made of it.
    let problem: String

    init(_ text: String, _ problem: String) {
        self.text = text
        self.problem = problem
    }

    var testDescription: String { problem }
}

@Suite("Problems of policy files")
struct ProblemTests {
    static func problems(_ text: String) -> [String] {
        PolicyReader.read([PolicyFile(path: "p.yaml", text: text)], names: FixedNames(), zones: FixedZones()).1
            .map { problem in
                let kind = problem.severity == .warning ? "warning: " : ""
                return "\(problem.line):\(problem.column) \(kind)\(problem.message); \(problem.remedy)"
            }
    }

    /// The text of a file with one rule that is right but for some lines of its own.
    private static func rule(_ lines: String) -> String {
        "vault: 1\nrules:\n  - " + lines.split(separator: "\n").joined(separator: "\n    ") + "\n"
    }

    @Test("Of rules that are about nothing each is told, each pattern of it, and of some what may have been meant")
    func manyWithoutReach() throws {
        let capabilities = (0..<50).map { "  - { name: logs/web\($0), file: { path: /a, rights: [read] } }\n" }
        let rules = (0..<50).map {
            "  - { id: r\($0), permit: [open], capability: [logs/wbe\($0), logs/web\($0), '**', x/*], to: { uid: 1 }, rights: [write] }\n"
        }
        let text = "vault: 1\ncapabilities:\n\(capabilities.joined())rules:\n\(rules.joined())"
        let found = Self.problems(text)
        #expect(found.count == 200)
        for number in 0..<50 {
            let own = found.filter { $0.contains("'r\(number)'") }
            #expect(own.count { $0.contains("no capability of these files matches") } == 2, "\(own)")
            #expect(own.count { $0.contains("gives write, which no capability that matches") } == 2, "\(own)")
            #expect(own.contains { $0.contains("name rights that 'logs/web\(number)' has: read") }, "\(own)")
        }
        #expect(found.count { $0.contains("did you mean 'logs/web") } == 8)
    }

    @Test("Each mistake in a rule is reported with place and remedy", arguments: RuleMistakes.all)
    func rules(mistake: Mistake) {
        #expect(Self.problems(Self.rule(mistake.text)) == [mistake.problem])
    }

    @Test("Each mistake in a capability is reported with place and remedy", arguments: CapabilityMistakes.all)
    func capabilities(mistake: Mistake) {
        let text =
            "vault: 1\ncapabilities:\n  - " + mistake.text.split(separator: "\n").joined(separator: "\n    ") + "\n"
        #expect(Self.problems(text) == [mistake.problem])
    }

    @Test("Each mistake in a file is reported with place and remedy", arguments: FileMistakes.all)
    func files(mistake: Mistake) {
        #expect(Self.problems(mistake.text) == [mistake.problem])
    }

    @Test("Ten different mistakes yield ten messages, each with place and remedy, in one run")
    func tenMistakes() throws {
        let text = """
            vault: 1
            capabilities:
              - name: logs//web
                file: { path: /var/log/web.log }
              - name: web/key
                memory: { file: etc/key }
                opne: at-start
              - name: web/dir
                deposit: { path: /srv }
            rules:
              - id: a
                permit: [opne]
                capability: web/*
                to: { user: alice }
              - id: b
                permit: [open]
                capability: **
                to: { exe: /usr/bin/cat }
              - id: b
                permit: [open]
                capability: web/key
                to: { user: mallory }
                lease: 15 minutes
              - id: c
                permit: [open]
                capability: web/key
                to: anyone
                to: { user: bob }
            """
        let found = Self.problems(text)
        #expect(
            found == [
                "3:11 the name has an empty segment; write no '/' at either end and no two in a row",
                "6:21 'etc/key' is not an absolute path; write the path from '/' on",
                "7:5 'opne' is not a key of a capability; did you mean 'open'?",
                "9:5 this version does not hold 'deposit' capabilities; "
                    + "write one of file, directory, fifo, pipe, listen, connect, memory, device, helper",
                "12:14 'opne' is not an action; did you mean 'open'?",
                "17:17 '*' begins an alias here, which is not allowed; quote a pattern that begins with '*'",
                "18:9 a permit by exe alone does not say for certain who is calling; "
                    + "add a user, uid, group, gid or label, or a unit of the system manager",
                "22:17 there is no user 'mallory'; create the user, or select by uid",
                "23:12 '15 minutes' is not a duration; write a number and a unit (ms s m h d w), such as 15m or 1h30m",
                "28:5 the key 'to' is written twice; keep one of them; the first is in line 27",
            ])
    }

    @Test("A problem is shown with its line, a caret under the place, and what to do")
    func text() {
        let source = "vault: 1\nrules:\n\t- id: x\n"
        let problem = PolicyProblem(
            path: "Policies/p.yaml", line: 3, column: 4, message: "what is wrong", remedy: "what to do")
        #expect(
            problem.text(source: source) == """
                Policies/p.yaml:3:4: what is wrong
                    \\t- id: x
                        ^
                  what to do
                """)
        #expect(problem.text(source: nil) == "Policies/p.yaml:3:4: what is wrong\n  what to do")
        var warning = problem
        warning.severity = .warning
        warning.line = 0
        #expect(warning.text(source: source) == "Policies/p.yaml: warning: what is wrong\n  what to do")
    }

    @Test("What a terminal would obey is not printed")
    func controlCharacters() {
        let problem = PolicyProblem(path: "p", line: 1, column: 1, message: "a\u{1b}[2Jb", remedy: "r\u{9b}")
        #expect(problem.text(source: "x\u{7}y") == "p:1:1: a\\x1b[2Jb\n    x\\x07y\n    ^\n  r\\x9b")
    }

    @Test("Columns are counted in characters of Unicode, also behind some that have several bytes")
    func columns() {
        let text = "vault: 1\nrules: [{ id: \"äö\", permit: [open], capability: a, to: anyone }]\n"
        #expect(
            Self.problems(text) == [
                "2:15 'äö' holds a character that ids cannot have; use only A-Z a-z 0-9 . _ - @ + / :"
            ])
    }

    @Test("Problems of several files come in the order of files and places")
    func severalFiles() {
        let files = ["b", "a"].map { name in
            PolicyFile(
                path: name, text: "vault: 1\nrules:\n  - 1\n  - { id: x, permit: open, to: anyone, capability: z }\n")
        }
        let (set, problems) = PolicyReader.read(files, names: FixedNames())
        #expect(problems.map { "\($0.path):\($0.line)" } == ["b:3", "a:3", "a:4"])
        #expect(problems.last?.message == "the id 'x' is taken: it is used at b:4:5")
        #expect(set.rules.count == 2)
    }
}

/// Zones with a fixed offset.
struct FixedZones: ZoneSource {
    func offsets(ofZone name: String) -> ZoneOffsets? {
        name == "Europe/Berlin" ? ZoneOffsets(first: 3600) : nil
    }
}

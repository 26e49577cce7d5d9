// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import Testing
import VaultInterface

@testable import vault

@Suite("Reports for people")
struct ReportTests {
    @Test("a problem stands with its place, its line, a caret and the remedy")
    func showsProblems() {
        let problem = AdminInterface.Problem(
            path: "web.yaml", line: 2, column: 10, message: "'raed' is not a right", remedy: "write read")
        let file = AdminInterface.File(path: "web.yaml", text: "vault: 1\nrights: [raed]\n")
        #expect(
            ProblemReport.text(of: [problem], in: [file], colours: false) == """
                web.yaml:2:10: 'raed' is not a right
                    rights: [raed]
                             ^
                  write read

                """)
    }

    @Test("the caret stands below its character although a tab before it takes two, and a bad place quotes nothing")
    func placesCarets() {
        let file = AdminInterface.File(path: "a", text: "\tx: \u{1B}y")
        func report(_ line: Int, _ column: Int) -> String {
            ProblemReport.text(
                of: [.init(path: "a", line: line, column: column, message: "m", remedy: "r")], in: [file],
                colours: false)
        }
        #expect(report(1, 5) == "a:1:5: m\n    \\tx: \\x1by\n         ^\n  r\n")
        #expect(report(7, 1) == "a:7:1: m\n  r\n")
        #expect(report(0, 0) == "a: m\n  r\n")
    }

    @Test("a change shows what went and what came")
    func showsChanges() {
        let before = #"{"id":"a","permit":["open"],"capability":["x"],"to":{"uid":["1"]}}"#
        let after = #"{"id":"a","permit":["open"],"capability":["x","y"],"to":{"uid":["1"]},"lease":"10m"}"#
        let change = AdminInterface.Change(kind: "rule.change", before: before, after: after)
        #expect(
            ChangeReport.text(of: [change], colours: false) == """
                rule.change
                    - id: a
                      permit: [open]
                -     capability: [x]
                +     capability: [x, y]
                      to: { uid: [1] }
                +     lease: 10m

                """)
        #expect(
            ChangeReport.text(of: [.init(kind: "rule.add", after: #"{"id":"b"}"#)], colours: false)
                == "rule.add\n+   - id: b\n")
    }

    @Test("what means something to YAML is quoted")
    func quotesYAML() {
        let lines = YAMLText.element([
            "id": "x", "capability": ["**", "-a", "", "a:b", "a, b", "q\"\\", "\u{1B}\n", "é"], "uses": 3,
        ])
        #expect(
            lines == [
                "  - id: x",
                #"    capability: ["**", "-a", "", "a:b", "a, b", "q\"\\", "\U0000001b\n", "é"]"#, "    uses: 3",
            ])
    }

    @Test("status tells problems first, and shows whatever else there is")
    func showsStatus() {
        let report = StatusReport(status: [
            "version": "1", "problems": ["logs/x: No such file or directory"],
            "log": ["records": 12, "isWorking": true, "root": "ab"], "startedUSec": 0,
        ])
        let lines = report.text(colours: false).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "logs/x: No such file or directory")
        #expect(lines[1] == "")
        #expect(lines[2] == "version         1")
        #expect(lines[3] == "log records     12")
        #expect(lines[4] == "log is working  yes")
        #expect(lines[6].hasPrefix("started         19"))
        #expect(StatusReport(status: ["problems": []]).text(colours: false) == "no problems\n\n")
        let whose = StatusReport(status: ["policy": ["isTheDirectorys": false]]).text(colours: false)
        #expect(whose == "no problems\n\npolicy is the directory's  no\n")
    }

    @Test("status says behind each problem what to try")
    func showsAdvice() {
        let report = StatusReport(status: [
            "problems": ["a is gone", "b is full"],
            "advice": [["problem": "a is gone", "remedy": "make a"], ["problem": "b is full", "remedy": "df b"]],
        ])
        #expect(report.text(colours: false) == "a is gone\nTry: make a\nb is full\nTry: df b\n\n")
    }

    @Test("a revocation has a line for each holder, and says what is left")
    func showsRevocations() {
        let reply = AdminInterface.Revoke.Reply(
            rules: ["granted-3"],
            outcomes: [
                .init(pid: 4711, user: "alice", exe: "/usr/bin/cat", record: 17, done: "none", remaining: "can read"),
                .init(done: "shutdown", remaining: ""),
            ], stillPermittedBy: [], record: 20)
        #expect(
            RevocationReport(reply: reply, isDryRun: false).text(colours: false) == """
                revoked granted-3 (record 20)
                alice, pid 4711, /usr/bin/cat, grant 17: not taken back; can read
                taken back by shutdown

                """)
    }

    @Test("a stored rule is told in few words")
    func summarisesRules() {
        let document = """
            {"id":"a","permit":["open","list"],"capability":["logs/**","web/*/x"],"to":{"user":["alice","bob"],"gid":["4"]},\
            "rights":["read"],"lease":"10m","uses":{"in-all":3}}
            """
        let summary = RuleSummary(.init(id: "a", origin: "granted", suspended: false, document: document))
        #expect(!summary.isForbid)
        #expect(summary.principals == ["user:alice,bob", "gid:4"])
        #expect(summary.conditions == ["lease 10m", "uses in-all=3"])
        #expect(summary.permitsOpening("logs"))
        #expect(summary.permitsOpening("logs/a/b"))
        #expect(summary.permitsOpening("web/1/x"))
        #expect(!summary.permitsOpening("web/1/2/x"))
        let anyone = RuleSummary(
            .init(id: "b", origin: "granted", suspended: false, document: #"{"forbid":["open"],"to":"anyone"}"#))
        #expect(anyone.isForbid)
        #expect(anyone.principals == ["anyone"])
        #expect(!anyone.permitsOpening("x"))
    }
}

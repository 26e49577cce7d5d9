// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultTestKit

@Suite("What a terminal shows, and a pipe gets")
struct TerminalTests {
    /// A broker with so many capabilities, one of them with a long problem.
    private static func broker(_ count: Int) throws -> FakeBroker {
        try FakeBroker { _ in
            .reply([
                "capabilities": .array(
                    (0..<count).map { number in
                        [
                            "name": .string("services/web/number-\(number)"), "kind": "file",
                            "rights": ["read", "write"],
                            "origin": "opened", "delivery": "fresh", "revocation": "none", "state": "failed",
                            "problem": "open: No such file or directory, which has to be made before by somebody",
                        ]
                    })
            ])
        }
    }

    private static func names(in text: String) -> Int { text.matches(of: /number-\d+/).count }

    @Test("a table is as wide as the terminal: it is wrapped between words, and no word is cut")
    func wraps() async throws {
        let broker = try Self.broker(3)
        for columns in [40, 60, 80, 100, 120] as [UInt16] {
            let terminal = PseudoTerminal(columns: columns, rows: 100)
            let shown = try await terminal.run(broker.command(["list"], environment: ["NO_COLOR=1"]))
            #expect(shown.status == .exited(0), "\(shown.text)")
            let widest = shown.text.split(separator: "\n").map(\.count).max() ?? 0
            #expect(widest <= columns, "\(columns):\n\(shown.text)")
            for word in ["services/web/number-2", "failed:", "directory,", "somebody", "REVOCATION", "read,"] {
                #expect(shown.text.contains(word), "\(columns): \(word)\n\(shown.text)")
            }
        }
    }

    @Test("a pipe gets a line for each, however long")
    func pipes() async throws {
        let text = try await Self.broker(3).vault("list").text
        let lines = text.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[1].hasSuffix("failed: open: No such file or directory, which has to be made before by somebody"))
    }

    @Test("what is longer than the screen goes to the pager, and what is not does not")
    func pages() async throws {
        let terminal = PseudoTerminal(columns: 200, rows: 10)
        let pager = ["VAULT_PAGER=sed s/^/:/", "PAGER=false", "NO_COLOR=1"]
        let (many, few) = (try Self.broker(30), try Self.broker(5))
        let long = try await terminal.run(many.command(["list"], environment: pager))
        #expect(long.status == .exited(0))
        #expect(long.text.split(separator: "\n").count { $0.hasPrefix(":services/") } == 30, "\(long.text)")
        let short = try await terminal.run(few.command(["list"], environment: pager))
        #expect(short.text.split(separator: "\n").count { $0.hasPrefix("services/") } == 5, "\(short.text)")
        let without = try await terminal.run(many.command(["list", "--no-pager"], environment: pager))
        #expect(!without.text.contains(":services") && Self.names(in: without.text) == 30)
        let piped = try await many.command(["list"], environment: pager).run()
        #expect(!piped.text.contains(":services") && Self.names(in: piped.text) == 30)
        for none in ["VAULT_PAGER=", "VAULT_PAGER=cat", "VAULT_PAGER=/nonexistent/pager -x"] {
            let shown = try await terminal.run(many.command(["list"], environment: [none]))
            #expect(shown.status == .exited(0) && Self.names(in: shown.text) == 30, "\(none): \(shown.text)")
        }
        #expect(many.calls.count == 6 && few.calls.count == 1)
    }

    @Test("PAGER is asked where VAULT_PAGER is not there; the pager gets what less needs for colours")
    func variables() async throws {
        let terminal = PseudoTerminal(columns: 200, rows: 10)
        let broker = try Self.broker(30)
        let shown = try await terminal.run(
            broker.command(["list"], environment: ["PAGER=head -n1; echo LESS=$LESS", "TERM=xterm"]))
        #expect(broker.calls.count == 1)
        #expect(shown.text.contains("\u{1B}[1mNAME\u{1B}[0m"))
        #expect(shown.text.hasSuffix("LESS=FRX\n"), "\(shown.text)")
    }

    @Test(
        "less shows the first screen, and q leaves it with the status of what was asked",
        .enabled(if: Command.find("less") != nil))
    func leaves() async throws {
        let terminal = PseudoTerminal(columns: 200, rows: 10)
        let broker = try Self.broker(5000)
        let command = broker.command(["list"], environment: ["TERM=xterm", "NO_COLOR=1"])
        let shown = try await terminal.run(command, .init(when: "number-5", type: "q"))
        #expect(shown.status == .exited(0), "\(shown.text)")
        #expect((5...30).contains(Self.names(in: shown.text)), "\(shown.text)")
        #expect(broker.calls.count == 1)
    }

    @Test("the exit status is that of the verb, whoever leaves the pager when")
    func statuses() async throws {
        let broker = try FakeBroker { _ in
            .reply([
                "decision": "deny", "rules": [],
                "findings": .array(
                    (0..<2000).map {
                        ["rule": .string("rule-\($0)"), "selector": "uid", "wanted": "1", "got": "2", "matched": false]
                    }),
            ])
        }
        let terminal = PseudoTerminal(columns: 100, rows: 10)
        for pager in ["sed p", "true", "head -n1", "sh -c 'exit 9'"] {
            let shown = try await terminal.run(
                broker.command(["policy", "explain", "1"], environment: ["VAULT_PAGER=\(pager)", "NO_COLOR=1"]))
            #expect(shown.status == .exited(1), "\(pager): \(shown.text.suffix(300))")
            #expect(!shown.text.contains("vault:"), "\(shown.text.suffix(300))")
        }
        let failing = try FakeBroker { _ in .error("io.vaultd.Broker.Busy") }
        let failed = try await terminal.run(failing.command(["list"], environment: ["VAULT_PAGER=sed p"]))
        #expect(failed.status == .exited(3) && failed.text.hasPrefix("vault: list: "), "\(failed.text)")
    }

    @Test("fields are wrapped beside their names")
    func fields() async throws {
        let broker = try FakeBroker { _ in
            .reply([
                "capability": [
                    "name": "a", "kind": "file", "rights": ["read"], "origin": "opened", "delivery": "fresh",
                    "revocation": "none", "state": "failed",
                    "problem": "open: No such file or directory, which has to be made before by somebody",
                ]
            ])
        }
        let terminal = PseudoTerminal(columns: 50, rows: 40)
        let shown = try await terminal.run(broker.command(["show", "a"], environment: ["NO_COLOR=1"]))
        #expect(
            shown.text.hasSuffix(
                """
                problem     open: No such file or directory, which
                            has to be made before by somebody

                """), "\(shown.text)")
    }
}

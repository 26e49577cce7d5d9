// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultTestKit

@Suite("What vault says when something goes wrong")
struct ErrorTests {
    /// An error of the broker, and what `vault show logs/x` has to make of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let parameters: String
        let status: Int32
        let text: String

        init(_ name: String, _ parameters: String, _ status: Int32, _ message: String, next: String) {
            self.name = name
            self.parameters = parameters
            self.status = status
            text = "vault: show: \(message)\nTry: \(next)\n"
        }

        var testDescription: String { "\(name) \(parameters)" }
    }

    static let cases = [
        Case(
            "io.vaultd.Broker.Denied", #"{"name":"logs/x","record":17,"message":"not permitted"}"#, 1,
            "logs/x: not permitted, record 17", next: "vault audit show 17, as somebody who may read the log"),
        Case(
            "io.vaultd.Broker.Denied", #"{"name":"logs/x","message":"not permitted"}"#, 1, "logs/x: not permitted",
            next: "vault list"),
        Case(
            "io.vaultd.Broker.Denied", #"{"name":"","message":"not permitted"}"#, 1, "not permitted", next: "vault list"
        ),
        Case(
            "io.vaultd.Broker.NotFound", #"{"name":"logs/x"}"#, 1, "logs/x: there is no capability of this name",
            next: "vault list"),
        Case(
            "io.vaultd.Broker.NameTaken", #"{"name":"logs/x"}"#, 1,
            "logs/x: there is a capability of this name already", next: "another name; vault list"),
        Case(
            "io.vaultd.Broker.OpenFailed", #"{"name":"logs/x","errno":2,"errorName":"ENOENT","record":9}"#, 4,
            "logs/x: No such file or directory", next: "vault audit show 9, or vault show logs/x"),
        Case(
            "io.vaultd.Broker.QuotaExceeded", #"{"limit":"connections"}"#, 1, "the limit 'connections' is reached",
            next: "the same command later, or a higher limit in vaultd.yaml"),
        Case(
            "io.vaultd.Broker.AuditUnavailable", #"{"message":"disk\nfull"}"#, 3,
            "the audit log is unavailable: disk\\nfull", next: "vault status"),
        Case(
            "io.vaultd.Broker.Busy", "{}", 3, "the broker cannot do it just now", next: "the same command in a moment"),
        Case(
            "org.varlink.service.InvalidParameter", #"{"parameter":"name"}"#, 2,
            "the broker does not accept the parameter 'name'",
            next: "a name such as logs/web: A-Z a-z 0-9 . _ - @ + in segments joined by '/'"),
        Case(
            "org.varlink.service.InvalidParameter", #"{"parameter":"x"}"#, 2,
            "the broker does not accept the parameter 'x'", next: "vault show --help"),
        Case(
            "org.varlink.service.MethodNotFound", #"{"method":"x"}"#, 3,
            "this broker does not know io.vaultd.Broker.Describe", next: "vault and vaultd of the same version"),
        Case(
            "org.example.Other", #"{"a":1}"#, 1, #"the broker refuses: org.example.Other {"a":1}"#, next: "vault status"
        ),
    ]

    @Test("an error is two lines, and its exit status says which kind it is", arguments: cases)
    func errors(of test: Case) async throws {
        let parameters = try JSONValue(parsing: test.parameters)
        let broker = try FakeBroker { _ in .error(test.name, parameters) }
        let result = try await broker.vault("show", "logs/x")
        #expect(result.errorText == test.text)
        #expect(result.status == .exited(test.status))
        #expect(result.output.isEmpty)
    }

    @Test(
        "what there is none of is called by what it is",
        arguments: [
            (
                ["revoke", "x"], "x", "no rule is called 'x'", "vault rules; or --from, to revoke by name and user"
            ),
            (
                ["policy", "resume", "x"], "x", "no rule is called 'x', so none is suspended",
                "vault rules; a suspension ends when no file holds its rule any more"
            ),
            (
                ["policy", "show", "--revision", "9"], "revision 9", "there is no revision 9 of the policy",
                "vault policy history"
            ),
            (["policy", "explain", "9"], "record 9", "there is no record 9", "vault audit list"),
            (["audit", "show", "9"], "record 9", "there is no record 9", "vault audit list"),
        ])
    func nothingOfThatName(arguments: [String], name: String, message: String, next: String) async throws {
        let broker = try FakeBroker { _ in .error("io.vaultd.Broker.NotFound", ["name": .string(name)]) }
        let result = try await broker.command(arguments).run()
        #expect(result.status == .exited(1))
        #expect(result.errorText.hasSuffix(": \(message)\nTry: \(next)\n"), "\(result.errorText)")
    }

    @Test("a broker that is not there, or hangs up, ends with 3, and the first says how to start one")
    func absentBrokers() async throws {
        let broker = try FakeBroker { _ in .hangUp }
        let hungUp = try await broker.vault("status")
        #expect(hungUp.status == .exited(3))
        #expect(
            hungUp.errorText
                == "vault: status: the broker at \(broker.path) hung up before it answered\nTry: vault status\n")
        let missing = try await broker.vault("list", "--socket", "/nonexistent/vault.sock")
        #expect(missing.status == .exited(3))
        #expect(
            missing.errorText == """
                vault: list: no broker answers at /nonexistent/vault.sock: No such file or directory
                Try: vaultd --socket /nonexistent/vault.sock, in another terminal

                """)
    }

    @Test(
        "a wrong command line is two lines and 2",
        arguments: [
            ["lst"], ["policy", "lst"], ["cat"], ["cat", "--no", "a"], ["grant", "a"], ["grant", "a", "--to", "alice"],
            ["grant", "--to", "me"], ["grant", "a", "--to", "me", "--action", "admin"],
            ["grant", "a", "--to", "me", "--rights", "raed"], ["grant", "a", "--to", "me", "--lease", "soon"],
            ["grant", "a", "--to", "me", "--expires", "2001-01-01"], ["grant", "a", "--to", "me", "--uses", "0"],
            ["revoke", "a", "--from", "alice"], ["revoke", "a", "--from", "anyone"], ["add", "a", "door", "x"],
            ["add", "a", "file"], ["audit", "list", "--since", "soon"], ["audit", "list", "-n", "0"],
            ["audit", "list", "--user", "no such user"], ["audit", "show", "x"], ["list", "--output", "xml"],
            ["list", "--user", "--socket", "x"], ["policy", "apply"], ["policy", "resume"], ["status", "now"],
            ["help", "lst"], ["help", "audit", "list", "extra"], ["grant", "a", "--to", "me", "--id", "a\nb"],
            ["grant", "a//b", "--to", "me"], ["watch", "-o", "json"], ["audit", "verify", "-o", "jsonl"],
            ["audit", "export", "--out", "a", "b"],
        ])
    func wrongUsage(arguments: [String]) async throws {
        let broker = try FakeBroker { _ in .hangUp }
        let result = try await broker.command(arguments).run()
        #expect(result.status == .exited(2), "\(result.errorText)")
        let lines = result.errorText.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3 && lines[0].hasPrefix("vault: ") && lines[1].hasPrefix("Try: "), "\(result.errorText)")
        #expect(result.output.isEmpty)
    }

    @Test(
        "verbs that become a command end with 125 where the command line is wrong, as where they find out later",
        arguments: ["exec", "take", "dump"])
    func becomesCommand(verb: String) async throws {
        let broker = try FakeBroker { _ in .hangUp }
        #expect(try await broker.vault(verb, "--no-such").status == .exited(125))
        #expect(try await broker.vault(verb, verb == "take" ? "a" : "--user").status == .exited(125))
    }

    @Test("vaultd says what is wrong with its command line in two lines, as vault does")
    func daemon() async throws {
        let result = try await Command(BuiltProgram.path("vaultd"), arguments: ["--bogus\u{1B}"]).run()
        #expect(result.status == .exited(2))
        #expect(
            result.errorText == "vaultd: Unknown option '--bogus\\x1b'\nTry: vaultd --help\n", "\(result.errorText)")
    }

    @Test(
        "help and the version go to standard output and end with 0",
        arguments: [
            ["--help"], ["help", "cat"], ["help"], ["help", "audit", "list"], ["cat", "--help"], ["policy"],
            ["audit", "list", "-h"], ["--version"],
        ])
    func help(arguments: [String]) async throws {
        let broker = try FakeBroker { _ in .hangUp }
        let result = try await broker.command(arguments).run()
        #expect(result.status == .exited(0))
        #expect(!result.output.isEmpty && result.errors.isEmpty)
    }
}

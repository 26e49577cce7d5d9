// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

@testable import vault

@Suite("exec")
struct ExecTests {
    let files: TemporaryDirectory

    init() throws {
        files = try TemporaryDirectory()
        for name in ["a", "b", "c", "d"] { try files.write("text of \(name)\n", to: name, mode: 0o666) }
    }

    private func broker(
        _ names: String..., flags: CInt = O_RDWR, rights: JSONValue = ["read", "write"]
    ) throws -> FakeBroker {
        let paths = names.map { files.path($0) }
        return try FakeBroker { call in
            guard call.method == "io.vaultd.Broker.Describe" else { return .grants(call, paths, flags: flags) }
            return .reply([
                "capability": [
                    "name": call.parameters["name"] ?? "", "kind": "file", "rights": rights, "origin": "opened",
                    "delivery": "fresh", "revocation": "none", "state": "ready",
                ]
            ])
        }
    }

    @Test("descriptors are passed from 3 on, and the variables of sd_listen_fds say so")
    func passes() async throws {
        let broker = try broker("a", "b")
        let script = """
            echo "$LISTEN_FDS $LISTEN_FDNAMES $((LISTEN_PID == $$))"; cat <&3; cat <&4
            test "$LISTEN_PIDFDID" -gt 0 && echo inode
            """
        let result = try await broker.vault(
            "exec", "--pass", "x/a:read", "--pass", "x/b=second", "--", "sh", "-c", script)
        #expect(result.text == "2 x/a:second 1\ntext of a\ntext of b\ninode\n")
        #expect(
            broker.calls[0].parameters["requests"] == [["name": "x/a", "rights": ["read"]], ["name": "x/b"]])
    }

    @Test("no descriptor is open in the command but those that were asked for")
    func leaksNothing() async throws {
        let broker = try broker("a", "b", "c", "d", "a", "b")
        let result = try await broker.vault(
            "exec", "--pass", "a", "--fd", "9=b", "--stdin", "c", "--env", "D=d", "--env-content", "E=a", "--arg", "b",
            "--", "ls", "/proc/self/fd", "-U", "--ignore={b}")
        let numbers = Set(result.text.split(separator: "\n").compactMap { Int($0) })
        // One more is the directory that ls reads: it has the lowest number that is free.
        #expect(numbers == [0, 1, 2, 3, 4, 5, 6, 9], "\(result.text)\(result.errorText)")
    }

    @Test("signals, environment, directory and arguments are the command's as they were ours")
    func changesNothing() async throws {
        let broker = try broker("a")
        let both = try self.broker("a", "b")
        let looks = [
            ["grep", "-E", "^(Sig(Blk|Ign)|Umask|NoNewPrivs|Groups):", "/proc/self/status"], ["env"], ["pwd"],
        ]
        func run(_ words: [String], _ look: [String], _ broker: FakeBroker) async throws -> String {
            let variables = ["VAULT_SOCKET=\(broker.path)", "A=x y", "B="]
            var command = Command("env", "--ignore-signal=USR1", "--block-signal=USR2", "-i")
            command.arguments += variables + words + look
            command.directory = files.path
            let result = try await command.run()
            #expect(result.status.isSuccess, "\(result.errorText)")
            return result.text
        }
        let vault = BuiltProgram.path("vault").string
        for look in looks {
            let before = try await run([], look, broker)
            #expect(!before.isEmpty)
            #expect(try await run([vault, "exec", "--fd", "5=a", "--"], look, broker) == before)
            let other = try await run([], look, both)
            #expect(try await run([vault, "exec", "--"], look, both) == other)
            let more = try await run([vault, "exec", "--fd", "5=a", "--env-fd", "ZZ=b", "--"], look, both)
            #expect(more.replacing("ZZ=3\n", with: "") == other)
        }
        let status = try await run([vault, "exec", "--fd", "5=a", "--"], looks[0], broker)
        // As env(1) has left them: USR1 is 10, USR2 is 12.
        #expect(status.contains(/SigBlk:\t0*800\n/) && status.contains(/SigIgn:\t[0-9a-f]*200\n/), "\(status)")
    }

    @Test("the last number below the limit can be had, and numbers that received descriptors lie at are nobody's yet")
    func lastNumber() async throws {
        // As they are asked for: standard error comes before the numbers.
        let broker = try broker("c", "a", "b")
        let vault = BuiltProgram.path("vault")
        var command = broker.command([])
        command.path = "/bin/sh"
        // The received ones lie from 4 on, behind the connection.
        let options = "--fd 15=a --fd 4=b --stderr c"
        command.arguments = [
            "-c", "ulimit -n 16; exec \(vault) exec \(options) -- sh -c 'cat /dev/fd/15; cat <&4; cat <&2'",
        ]
        let result = try await command.run()
        #expect(result.text == "text of a\ntext of b\ntext of c\n", "\(result.errorText)")
    }

    @Test("every order of places gets every descriptor to its place")
    func permutes() async throws {
        // The vault's own descriptors have these very numbers while it collects them.
        let numbers = [3, 4, 5, 6]
        for shift in numbers.indices {
            let broker = try broker("a", "b", "c", "d")
            let places = numbers.indices.map { numbers[($0 + shift) % numbers.count] }
            var arguments = ["exec"]
            for (name, place) in zip(["a", "b", "c", "d"], places) { arguments += ["--fd", "\(place)=\(name)"] }
            let script = places.map { "cat <&\($0)" }.joined(separator: "; ")
            let result = try await broker.command(arguments + ["--", "sh", "-c", script]).run()
            #expect(result.text == "text of a\ntext of b\ntext of c\ntext of d\n", "places \(places)")
        }
    }

    @Test("standard input, output and error; the last two share one descriptor when they are the same")
    func standardDescriptors() async throws {
        let broker = try broker("a", "b")
        let result = try await broker.vault(
            "exec", "--stdin", "in", "--stdout", "out", "--stderr", "out", "--", "sh", "-c",
            "cat; echo error >&2; echo end")
        #expect(result.status.isSuccess)
        #expect(result.output.isEmpty && result.errors.isEmpty)
        #expect(try files.read("b") == "text of a\nerror\nend\n")
        #expect(
            broker.calls.last?.parameters["requests"]
                == [["name": "in", "rights": ["read"]], ["name": "out", "rights": ["write"]]])
    }

    @Test("for output append is asked for where there is only that, and what was written where rights were")
    func appends() async throws {
        let broker = try broker("a", rights: ["append"])
        #expect(try await broker.vault("exec", "--stdout", "log", "--", "true").status.isSuccess)
        #expect(broker.calls.map(\.method) == ["io.vaultd.Broker.Describe", "io.vaultd.Broker.Open"])
        #expect(broker.calls[1].parameters["requests"] == [["name": "log", "rights": ["append"]]])
        #expect(try await broker.vault("exec", "--stdout", "log:write", "--", "true").status.isSuccess)
        #expect(broker.calls.count == 3)
        #expect(broker.calls[2].parameters["requests"] == [["name": "log", "rights": ["write"]]])
    }

    @Test("variables meant for somebody else go, and the rest of the environment stays")
    func cleansEnvironment() async throws {
        let broker = try broker("a")
        let result = try await broker.command(
            ["exec", "--stdin", "a", "--", "sh", "-c", "echo \"$LISTEN_FDS,$LISTEN_PID,$LISTEN_FDNAMES,$OTHER\""],
            environment: ["LISTEN_FDS=1", "LISTEN_PID=1", "LISTEN_FDNAMES=x", "OTHER=kept"]
        ).run()
        #expect(result.text == ",,,kept\n")
    }

    @Test("options after -- are the command's, byte for byte")
    func keepsArguments() async throws {
        let broker = try broker("a")
        let result = try await broker.vault(
            "exec", "--stdin", "a", "--", "printf", "%s|", "--pass", "x", "", "--", "--help", "ü")
        #expect(result.text == "--pass|x||--|--help|ü|")
        var raw = broker.command([])
        raw.path = "/bin/sh"
        raw.arguments = [
            "-c", "\(BuiltProgram.path("vault")) exec -- printf %s \"$(printf '\\377\\376')\" | od -An -tx1",
        ]
        #expect(try await raw.run().text.filter { $0 != " " } == "fffe\n")
    }

    @Test("the command's status is the command's; 127 not found, 126 cannot be run, 125 the vault's part")
    func statuses() async throws {
        let granting = try broker("a")
        #expect(try await granting.vault("exec", "--stdin", "a", "--", "sh", "-c", "exit 7").status == .exited(7))
        let missing = try await granting.vault("exec", "--stdin", "a", "--", "/nonexistent/program")
        #expect(missing.status == .exited(127))
        #expect(
            missing.errorText
                == "vault: exec: /nonexistent/program: No such file or directory\nTry: command -v /nonexistent/program\n"
        )
        let unrunnable = try await granting.vault("exec", "--stdin", "a", "--", "/etc/passwd")
        #expect(unrunnable.status == .exited(126))
        let denying = try FakeBroker { _ in
            .error("io.vaultd.Broker.Denied", ["name": "a", "record": 3, "message": "not permitted"])
        }
        let denied = try await denying.vault("exec", "--stdin", "a", "--", "echo", "ran")
        #expect(denied.status == .exited(125))
        #expect(denied.output.isEmpty)
        #expect(denied.errorText.hasPrefix("vault: exec: a: not permitted, record 3\nTry: vault audit show 3"))
        for arguments in [
            ["exec"], ["exec", "--pass", "a", "ls"], ["exec", "--fd", "x=a", "--", "ls"], ["exec", "--no"],
        ] {
            let wrong = try await granting.command(arguments).run()
            #expect(wrong.status == .exited(125), "\(arguments)")
            #expect(wrong.errorText.split(separator: "\n").count == 2)
        }
    }

    @Test("a failure is told on the old standard error when the new one is somebody's file")
    func tellsFailures() async throws {
        let broker = try broker("a")
        let result = try await broker.vault("exec", "--stderr", "a", "--", "/nonexistent/program")
        #expect(result.errorText.hasPrefix("vault: exec: /nonexistent/program"))
        #expect(try files.read("a") == "text of a\n")
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@testable import vault

@Suite("exec: what tells the command where its descriptors are")
struct ExecPathTests {
    let files: TemporaryDirectory

    init() throws {
        files = try TemporaryDirectory()
        for name in ["a", "b", "c"] { try files.write("text of \(name)\n", to: name, mode: 0o666) }
    }

    private func broker(_ names: String..., flags: CInt = O_RDONLY) throws -> FakeBroker {
        let paths = names.map { files.path($0) }
        return try FakeBroker { .grants($0, paths, flags: flags) }
    }

    @Test("--env is a path that opens the descriptor, --env-fd its number: the lowest from 3 on that is free")
    func variables() async throws {
        let broker = try broker("a", "b", "c")
        let result = try await broker.vault(
            "exec", "--pass", "x", "--env", "FILE=y", "--env-fd", "NUMBER=z", "--", "sh", "-c",
            "echo $FILE $NUMBER $LISTEN_FDS; cat $FILE; cat <&$NUMBER")
        #expect(result.text == "/dev/fd/4 5 1\ntext of b\ntext of c\n", "\(result.errorText)")
        #expect(
            broker.calls[0].parameters["requests"]
                == [["name": "x"], ["name": "y", "rights": ["read"]], ["name": "z"]])
    }

    @Test("an argument with {NAME} gets a path, and only for a NAME that --arg names")
    func arguments() async throws {
        let broker = try broker("a", "b")
        let result = try await broker.vault(
            "exec", "--arg", "x/a", "--arg", "y=word", "--", "sh", "-c", "printf '%s|' \"$@\"; cat \"$1\"", "{}",
            "{x/a}",
            "--file={word}", "{print}", "{y}", "{word}{x/a}")
        #expect(
            result.text == "/dev/fd/3|--file=/dev/fd/4|{print}|{y}|/dev/fd/4/dev/fd/3|text of a\n",
            "\(result.errorText)")
    }

    @Test("each time that such a path is opened the file begins anew")
    func beginsAnew() async throws {
        let broker = try broker("a")
        let result = try await broker.vault("exec", "--arg", "a", "--", "cat", "{a}", "{a}")
        #expect(result.text == "text of a\ntext of a\n")
    }

    @Test("--env-content is what is read, without line feeds at the end, and says who can see it")
    func content() async throws {
        try files.write("two\nlines\n\n", to: "a")
        let broker = try broker("a")
        let result = try await broker.vault(
            "exec", "--env-content", "TOKEN=x/a", "--", "sh", "-c", "echo \"<$TOKEN>\"; ls /proc/self/fd | wc -l")
        // One of the four is the directory that ls reads.
        #expect(result.text == "<two\nlines>\n4\n")
        #expect(
            result.errorText.hasPrefix("vault: exec: warning: what x/a holds is in the environment, as TOKEN: /proc/"))
        #expect(result.errorText.split(separator: "\n").count == 1)
        #expect(broker.calls[0].parameters["requests"] == [["name": "x/a", "rights": ["read"]]])
    }

    @Test("what no variable can hold is refused", arguments: [(16384, true), (16385, false)])
    func longContent(length: Int, fits: Bool) async throws {
        try files.write(String(repeating: "x", count: length), to: "a")
        let long = try await broker("a").vault(
            "exec", "--env-content", "TOKEN=a", "--", "sh", "-c", "echo ${#TOKEN}")
        #expect(long.text == (fits ? "16384\n" : ""))
        if !fits {
            #expect(long.status == .exited(125))
            #expect(
                long.errorText
                    == "vault: exec: --env-content TOKEN: a holds more than 16 KiB\nTry: --env TOKEN_FILE=a, where the command takes a path\n"
            )
        }
        try files.write("a\0b", to: "a")
        let zero = try await broker("a").vault("exec", "--env-content", "TOKEN=a", "--", "echo", "ran")
        #expect(zero.status == .exited(125))
        #expect(zero.output.isEmpty)
        #expect(zero.errorText.hasPrefix("vault: exec: --env-content TOKEN: a holds a zero byte"))
    }

    @Test("what has no content says so")
    func noContent() async throws {
        let broker = try FakeBroker { [path = files.path] in .grants($0, [path], flags: O_DIRECTORY) }
        let result = try await broker.vault("exec", "--env-content", "TOKEN=a", "--", "echo", "ran")
        #expect(result.status == .exited(125))
        #expect(result.errorText == "vault: exec: --env-content TOKEN: a: Is a directory\nTry: vault show a\n")
    }

    @Test("a pipe is read to its end, and opened by a path")
    func pipes() async throws {
        let broker = try FakeBroker { call in
            var answer = FakeBroker.Answer.grants(call, [])
            answer.pipe = "through a pipe\n"
            return answer
        }
        let content = try await broker.vault("exec", "--env-content", "A=p", "--", "sh", "-c", "echo \"<$A>\"")
        #expect(content.text == "<through a pipe>\n")
        #expect(try await broker.vault("exec", "--arg", "p", "--", "cat", "{p}").text == "through a pipe\n")
    }

    @Test(
        "what cannot be is refused before anything is asked for",
        arguments: [
            (["--arg", "a"], "--arg a: no argument of echo has {a}"),
            (["--env", "A=x", "--env-fd", "A=y"], "A is to be set twice"),
            (["--arg", "a", "--arg", "b=a"], "--arg a is there twice"),
            (["--env", "LISTEN_PID=a"], "LISTEN_PID is set by --pass alone"),
            (["--env", "A-B=a"], "'A-B=a' is not VAR=NAME"),
            (["--env", "=a"], "'=a' is not VAR=NAME"),
            (["--env-fd", "1A=a"], "'1A=a' is not VAR=NAME"),
            (["--env-content", "A=a:write"], "'A=a:write' is to be read here"),
            (["--env", "A=a=b"], "'a=b' cannot give the descriptor a name"),
            (["--arg", "a={b}"], "'{b}' cannot stand in braces"),
            (
                ["--fd", "99999999=a"],
                "--fd 99999999: there is no descriptor 99999999 where the limit of open files is "
            ),
        ])
    func refused(options: [String], message: String) async throws {
        let broker = try broker("a", "b")
        let result = try await broker.command(["exec"] + options + ["--", "echo", "ran"]).run()
        #expect(result.status == .exited(125))
        #expect(result.output.isEmpty)
        #expect(result.errorText.contains(message), "\(result.errorText)")
        #expect(result.errorText.split(separator: "\n").count == 2)
        #expect(broker.calls.isEmpty)
    }

    @Test("a descriptor that the command inherits stays where it is, unless its number is asked for")
    func inherited() async throws {
        let broker = try broker("a")
        let inherited = HeldDescriptor(try OwnedDescriptor.open(files.path("c")))
        var command = broker.command(["exec", "--env-fd", "A=a", "--", "sh", "-c", "echo $A; cat <&3; cat <&4"])
        command.passing = [(inherited, 3)]
        #expect(try await command.run().text == "4\ntext of c\ntext of a\n")
        command = broker.command(["exec", "--pass", "a", "--", "sh", "-c", "cat <&3; ls /proc/self/fd | wc -l"])
        command.passing = [(inherited, 3)]
        #expect(try await command.run().text == "text of a\n5\n")
    }
}

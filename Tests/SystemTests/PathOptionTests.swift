// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// Every option of vaultd that takes a path, with a path that can mean nothing or that the system cannot take: refused before
/// anything is made, by `--check` too, with what to do.
@Suite struct PathOptionTests {
    private static let places = [
        "--config": "empty", "--policies": "none", "--state": "st", "--socket": "s",
    ]

    private func run(
        _ words: [String], configuration: String = "", environment: [String] = [], without: Set<String> = []
    ) async throws -> (result: CommandResult, made: [String]) {
        let directory = try TemporaryDirectory()
        try directory.write(configuration, to: "empty", mode: 0o644)
        #expect(mkdir(directory.path("none").string, 0o700) == 0)
        var all: [String] = []
        for (option, value) in Self.places.sorted(by: { $0.key < $1.key })
        where !words.contains(option) && !without.contains(option) { all += [option, value] }
        var command = Command(try await Programs.directory().appending("vaultd"), arguments: all + words)
        command.directory = directory.path
        command.environment = ChildProcess.currentEnvironment.filter { !$0.hasPrefix("VAULT") } + environment
        command.timeLimit = .seconds(20)
        return (try await command.run(), directory.names().filter { !["empty", "none"].contains($0) })
    }

    /// Also under `--check`, and also of an opener that the service manager starts.
    private func expectRefused(
        _ words: [String], _ message: String, _ remedy: String, configuration: String = "", environment: [String] = [],
        without: Set<String> = []
    ) async throws {
        for more in [[], ["--check"]] {
            let (result, made) = try await run(
                words + more, configuration: configuration, environment: environment, without: without)
            #expect(result.status == .exited(2), "\(words) \(more): \(result.status) \(result.text)")
            #expect(result.text.isEmpty, "\(result.text)")
            let lines = result.errorText.split(separator: "\n")
            #expect(lines.first.map { $0.hasPrefix("vaultd: ") && $0.contains(message) } == true, "\(lines)")
            #expect(lines.last == "Try: \(remedy)", "\(lines)")
            #expect(made.isEmpty, "nothing is made: \(made)")
        }
    }

    private static let name = String(repeating: "n", count: 256)
    private static let socket = "/" + String(repeating: "s", count: 107)
    private static let path = String(repeating: "/d", count: 2048)

    @Test(
        "One that is empty names nothing",
        arguments: [("--policies", "a directory"), ("--state", "a directory"), ("--config", "a file")])
    func empty(option: String, what: String) async throws {
        try await expectRefused(
            [option, ""], "'' (\(option)) does not name \(what)", "name one, or leave \(option) out")
    }

    @Test("A socket has a name", arguments: ["--socket", "--opener-socket"], ["", "/", "a/.", ".."])
    func nameless(option: String, path: String) async throws {
        try await expectRefused(
            [option, path], "'\(path)' (\(option)) names no socket", "end it with the socket's name")
    }

    @Test("A socket's path has at most 107 bytes", arguments: ["--socket", "--opener-socket"])
    func longSocket(option: String) async throws {
        try await expectRefused(
            [option, Self.socket], "(\(option)) has 108 bytes, and a Unix socket's at most 107",
            "name a shorter one with \(option)")
        let right = try await run([option, String(Self.socket.dropLast()), "--check"]).result
        #expect(right.status == .exited(0), "\(right.errorText)")
    }

    @Test("Nor from a variable or the file")
    func elsewhere() async throws {
        try await expectRefused(
            [], "($VAULT_SOCKET) has 108 bytes", "name a shorter one with --socket",
            environment: ["VAULT_SOCKET=\(Self.socket)"], without: ["--socket"])
        for line in [
            "socket: { path: \"\(Self.socket)\" }", "state: \"\"", "policies: \"\"", "opener: { roots: [\"\"] }",
        ] {
            for more in [[], ["--check"]] {
                let (result, made) = try await run(more, configuration: line + "\n")
                #expect(result.status == .exited(2), "\(line): \(result.status)")
                #expect(result.errorText.hasPrefix("empty:1:"), "\(result.errorText)")
                #expect(result.errorText.contains("vaultd: empty has errors\nTry: mend them"), "\(result.errorText)")
                #expect(made.isEmpty)
            }
        }
        for key in ["roots", "helpers"] {
            let dotted = try await run(["--check"], configuration: "opener: { \(key): [/srv/./x] }\n").result
            #expect(
                dotted.status == .exited(2) && dotted.errorText.contains("has a component '.'"), "\(dotted.errorText)")
        }
    }

    @Test("Nothing is longer than a path or a name in it can be", arguments: ["--policies", "--state", "--config"])
    func long(option: String) async throws {
        for path in [Self.name, Self.path, "a/\(Self.name)/b"] {
            try await expectRefused(
                [option, path], "(\(option)) is longer than a path or a name in it can be",
                "name a shorter one with \(option)")
        }
    }

    @Test("A state lies where its database can be opened, and up to there it can")
    func deepState() async throws {
        let directory = try TemporaryDirectory()
        func state(_ length: Int) -> String {
            var path = directory.path.string
            while path.utf8.count + 100 < length - 1 { path += "/" + String(repeating: "d", count: 99) }
            return path + "/" + String(repeating: "e", count: length - path.utf8.count - 1)
        }
        try await expectRefused(
            ["--state", state(491)], "(--state) has 491 bytes, and its database takes at most 490",
            "name a shorter one with --state")
        var options = Daemon.Options()
        options.arguments = ["--state", state(490)]
        let daemon = try await Daemon.start(options)
        #expect(try await daemon.vault("status").text.hasPrefix("no problems"))
        #expect(try await daemon.vault("audit", "list").status.isSuccess)
        try await daemon.terminate()
    }

    @Test("What is there and is something else is no state and no opener's socket")
    func otherKinds() async throws {
        try await expectRefused(["--state", "empty"], "'empty' (--state) is no directory", "name another place")
        try await expectRefused(
            ["--opener-socket", "empty"], "'empty' (--opener-socket) is no socket", "name another place")
        try await expectRefused(
            ["--opener-socket", "none"], "'none' (--opener-socket) is no socket", "name another place")
    }
}

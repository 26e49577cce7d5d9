// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

@testable import vault

@Suite("cat")
struct CatTests {
    @Test("several names are one call, asked for reading, and come in their order")
    func copiesFiles() async throws {
        let files = try TemporaryDirectory()
        let large = String(repeating: "0123456789abcdef", count: 40_000)
        let paths = try [files.write(large, to: "a"), files.write("", to: "b"), files.write("end\n", to: "c")]
        let broker = try FakeBroker { .grants($0, paths) }
        let result = try await broker.vault("cat", "logs/a", "logs/b", "logs/c", "--reason", "why")
        #expect(result.status.isSuccess)
        #expect(result.text == large + "end\n")
        #expect(
            broker.calls == [
                .init(
                    method: "io.vaultd.Broker.Open",
                    parameters: [
                        "requests": [
                            ["name": "logs/a", "rights": ["read"]], ["name": "logs/b", "rights": ["read"]],
                            ["name": "logs/c", "rights": ["read"]],
                        ], "reason": "why",
                    ], more: false)
            ])
    }

    @Test("a pipe is copied to its end, and so is a file of /proc, which says that it is empty")
    func copiesOthers() async throws {
        let pipe = try FakeBroker { call in
            var answer = FakeBroker.Answer.grants(call, [])
            answer.pipe = "through a pipe"
            return answer
        }
        #expect(try await pipe.vault("cat", "p").text == "through a pipe")
        let version = try FakeBroker { .grants($0, ["/proc/version"]) }
        #expect(try await version.vault("cat", "v").text.hasPrefix("Linux version"))
    }

    @Test("an error of reading is told as cat would")
    func readingFails() async throws {
        let broker = try FakeBroker { .grants($0, ["/tmp"], flags: O_RDONLY | O_DIRECTORY) }
        let result = try await broker.vault("cat", "d")
        #expect(result.status == .exited(4))
        #expect(result.errorText == "vault: cat: d: Is a directory\nTry: vault show d\n")
    }

    @Test("a full disk is told as an error of standard output")
    func writingFails() async throws {
        let files = try TemporaryDirectory()
        let path = try files.write("text", to: "a")
        let broker = try FakeBroker { .grants($0, [path]) }
        var command = broker.command(["cat", "a"])
        let full = try OwnedDescriptor.open("/dev/full", flags: O_WRONLY)
        let errors = try files.write("", to: "errors")
        let errorFile = try OwnedDescriptor.open(errors, flags: O_WRONLY)
        command.path = "/bin/sh"
        command.arguments = ["-c", "exec \(BuiltProgram.path("vault")) cat a >&3 2>&4"]
        command.passing = [(HeldDescriptor(full), 3), (HeldDescriptor(errorFile), 4)]
        let result = try await command.run()
        #expect(result.status == .exited(4))
        #expect(try files.read("errors").hasPrefix("vault: cat: standard output: No space left on device\nTry: "))
    }

    @Test("a reader that goes away ends it by SIGPIPE, without a word")
    func readerGoesAway() async throws {
        let broker = try FakeBroker { .grants($0, ["/dev/zero"]) }
        var command = broker.command([])
        command.path = "/bin/sh"
        command.arguments = [
            "-c", "{ \(BuiltProgram.path("vault")) cat zero; echo $? >status; } | head -c 100000 | wc -c; cat status",
        ]
        let result = try await command.run()
        #expect(result.text.split(separator: "\n").map { $0.filter { $0 != " " } } == ["100000", "141"])
        #expect(result.errors.isEmpty)
    }

    @Test("what is read is not written to itself for ever")
    func sameFile() async throws {
        let files = try TemporaryDirectory()
        let path = try files.write("once\n", to: "log", mode: 0o644)
        let broker = try FakeBroker { .grants($0, [path]) }
        var command = broker.command([])
        command.path = "/bin/sh"
        command.arguments = ["-c", "exec \(BuiltProgram.path("vault")) cat log >>\(path)"]
        let result = try await command.run()
        #expect(result.status == .exited(2))
        #expect(result.errorText == "vault: cat: log: input file is output file\nTry: another file for the output\n")
        #expect(try files.read("log") == "once\n")
    }

    @Test("a non-blocking output is waited for")
    func nonBlockingOutput() async throws {
        let files = try TemporaryDirectory()
        let text = String(repeating: "x", count: 300_000)
        let path = try files.write(text, to: "a")
        let pair = try OwnedDescriptor.pipe(nonBlocking: true)
        let broker = try FakeBroker { .grants($0, [path]) }
        var command = broker.command(["cat", "a"])
        command.path = "/bin/sh"
        command.arguments = ["-c", "exec \(BuiltProgram.path("vault")) cat a >&3"]
        command.passing = [(HeldDescriptor(pair.writer), 3)]
        let toRun = command
        async let result = toRun.run()
        let held = HeldDescriptor(pair.reader)
        let received = try await onThread { () throws in
            var bytes = 0
            while bytes < 300_000 {
                try waitOnThread(on: held, what: "output")
                var chunk = [UInt8](repeating: 0, count: 4096)
                let count = held.withUnsafeNumber { read($0, &chunk, chunk.count) }
                if count <= 0 { return bytes }
                bytes += count
            }
            return bytes
        }
        #expect(received == 300_000)
        #expect(try await result.status.isSuccess)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import SystemPackage
import Testing
import VaultTestKit

/// The program as it is run.
struct CommandTests {
    private func run(_ arguments: String..., in directory: TemporaryDirectory) async throws -> CommandResult {
        var command = Command(BuiltProgram.path("varlink-swift"), arguments: arguments)
        command.directory = directory.path
        return try await command.run()
    }

    @Test("It writes to a file or to standard output, and leaves alone what is so already")
    func writes() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("# Notes.\ninterface org.example.notes\nmethod Open() -> ()\n", to: "notes.varlink")
        let printed = try await run("--access", "public", "--actor", "notes.varlink", in: directory)
        #expect(printed.status.isSuccess && printed.errorText == "")
        #expect(printed.text.hasPrefix("// Made by varlink-swift from notes.varlink."))
        #expect(printed.text.contains("public protocol NotesService: Actor {"))
        let file = directory.path("Notes.swift").string
        var numbers: Set<UInt64> = []
        for _ in 1...2 {
            let written = try await run(
                "--access", "public", "--actor", "-o", "Notes.swift", "./notes.varlink", in: directory)
            #expect(written.status.isSuccess && written.text == "" && written.errorText == "")
            #expect(try directory.read("Notes.swift") == printed.text)
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            numbers.insert(try #require((attributes[.systemFileNumber] as? NSNumber)?.uint64Value))
        }
        #expect(numbers.count == 1, "the second time it was left alone")
    }

    @Test("What is wrong is said with the file, the line and the column")
    func saysWhatIsWrong() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("interface a.b\n\ntype T (a: number)\n", to: "wrong.varlink")
        let wrong = try await run("-o", "Wrong.swift", "wrong.varlink", in: directory)
        #expect(wrong.status == .exited(1))
        #expect(wrong.errorText == "varlink-swift: wrong.varlink:3:12: expected a type, found 'number'\n")
        #expect(directory.names() == ["wrong.varlink"])
        let missing = try await run("missing.varlink", in: directory)
        #expect(missing.status == .exited(1))
        #expect(missing.errorText.hasPrefix("varlink-swift: missing.varlink: "))
        let unwritable = try await run("-o", "no/such/directory.swift", "wrong.varlink", in: directory)
        #expect(unwritable.status == .exited(1))
    }

    @Test("It says how it is used, and refuses what it does not know")
    func helps() async throws {
        let directory = try TemporaryDirectory()
        let help = try await run("--help", in: directory)
        #expect(help.status.isSuccess)
        for option in ["--access", "--prefix", "--actor", "--output", "<file>"] { #expect(help.text.contains(option)) }
        for arguments in [["--access", "private", "x"], ["--prefix", "a-b", "x"], ["--prefix", "lower", "x"], []] {
            let refused = try await Command(BuiltProgram.path("varlink-swift"), arguments: arguments).run()
            #expect(refused.status == .exited(64), "\(arguments)")
        }
    }
}

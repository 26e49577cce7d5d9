// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import JSONText
import Varlink

/// Writes a Varlink interface as Swift.
@main
struct VarlinkSwift: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "varlink-swift",
        abstract: "Write a Varlink interface as one Swift file.",
        discussion: """
            The Swift file has a type for each type of the interface, the parameters and the reply of each method, the \
            errors, the documentation, and a protocol of the service with a requirement for each method. It needs the \
            modules JSONText and Varlink of this package, and nothing else. Check it in beside the interface file, and \
            write it anew when that changes.

              varlink-swift --access public --output NotesInterface.swift org.example.notes.varlink

            Exit status: 0 written; 1 the file is wrong or cannot be read or written; 64 wrong usage.
            """)

    @Option(help: "Who may use what is written: public, package or internal.")
    var access = InterfaceGenerator.Access.internal

    @Option(
        help: """
            What the names of the Swift types begin with, as in NotesInterface, NotesError, NotesService. By default the \
            last part of the interface's name.
            """)
    var prefix: String?

    @Flag(help: "The service is an actor: its isolated methods serve.")
    var actor = false

    @Option(
        name: .shortAndLong, help: "The file to write; standard output otherwise. One that is so already is left alone."
    )
    var output: String?

    @Argument(help: "The interface file.", completion: .file(extensions: ["varlink"]))
    var file: String

    func validate() throws {
        guard let prefix else { return }
        let isName = prefix.utf8.allSatisfy { $0 | 0x20 &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10 }
        guard isName, prefix.utf8.first.map({ $0 &- UInt8(ascii: "A") < 26 }) == true else {
            throw ValidationError("--prefix: a letter in upper case, then letters and digits")
        }
    }

    func run() throws {
        let source = try reported(file) { try String(contentsOfFile: file, encoding: .utf8) }
        let name = file.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { String($0) } ?? ""
        let options = InterfaceGenerator.Options(access: access, prefix: prefix, isActor: actor)
        let swift: String
        do throws(InterfaceError) {
            swift = try InterfaceGenerator(source, file: name, options: options).generate()
        } catch {
            throw failure("\(file):\(error)")
        }
        guard let output else {
            return try reported("standard output") { try FileHandle.standardOutput.write(contentsOf: Data(swift.utf8)) }
        }
        if (try? String(contentsOfFile: output, encoding: .utf8)) == swift { return }
        try reported(output) { try swift.write(toFile: output, atomically: true, encoding: .utf8) }
    }

    private func reported<Result>(_ what: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            throw failure("\(what): \(error.localizedDescription)")
        }
    }

    private func failure(_ message: String) -> any Error {
        FileHandle.standardError.write(Data("varlink-swift: \(message.escaped)\n".utf8))
        return ExitCode.failure
    }
}

extension InterfaceGenerator.Access: ExpressibleByArgument {}

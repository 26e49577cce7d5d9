// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// Writes manual pages from what a tool says about itself: `TOOL --experimental-dump-help | vault-manual DIRECTORY`.
@main
struct Manual: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault-manual",
        abstract: "Write manual pages from the output of a tool's --experimental-dump-help on standard input.")

    @Option(help: "The section of the manual.")
    var section = 1

    @Argument(help: "Where the pages go.")
    var directory: String

    func run() throws {
        let input = try FileHandle.standardInput.readToEnd() ?? Data()
        let tool = try JSONDecoder().decode(ToolDescription.self, from: input)
        guard tool.serializationVersion == 0 else {
            throw ValidationError("serialization version \(tool.serializationVersion) is not known here")
        }
        let directory = URL(fileURLWithPath: directory, isDirectory: true)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for page in ManualPage.pages(of: tool, section: section) {
            try Data(page.text.utf8).write(to: directory.appendingPathComponent(page.fileName))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// Writes manual pages from what a tool says about itself, `TOOL --experimental-dump-help | vault-manual DIRECTORY`, and from
/// an article of the documentation, `vault-manual --article NAME --section 5 DIRECTORY <FILE`.
@main
struct Manual: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault-manual",
        abstract: "Write manual pages from --experimental-dump-help of a tool, or from an article, on standard input.")

    @Option(help: "The section of the manual.")
    var section = 1

    @Option(help: "Make a page of this name of an article.")
    var article: String?

    @Option(help: "Sections in Markdown that the first page of the tool gets, too.")
    var more: String?

    @Option(help: "Another page to see also, as 'vaultd(8)'.")
    var seeAlso: [String] = []

    @Option(help: "An article that links lead to, as 'PolicyLanguage=vault-policy(5)'.")
    var link: [String] = []

    @Option(help: "Another name that the tool is installed under.")
    var also: String?

    @Argument(help: "Where the pages go.")
    var directory: String

    func run() throws {
        let input = try FileHandle.standardInput.readToEnd() ?? Data()
        let directory = URL(fileURLWithPath: directory, isDirectory: true)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for page in try pages(of: input) {
            try Data(page.text.utf8).write(to: directory.appendingPathComponent(page.fileName))
        }
    }

    private func pages(of input: Data) throws -> [ManualPage] {
        var links: [String: String] = [:]
        for pair in link.map({ $0.split(separator: "=") }) where pair.count == 2 {
            links[String(pair[0])] = Roff.reference(String(pair[1]))
        }
        if let article {
            let page = try Article(
                String(decoding: input, as: UTF8.self), name: article, section: section, seeAlso: seeAlso, links: links)
            return [ManualPage(name: article, section: section, text: page.text)]
        }
        let tool = try JSONDecoder().decode(ToolDescription.self, from: input)
        guard tool.serializationVersion == 0 else {
            throw ValidationError("serialization version \(tool.serializationVersion) is not known here")
        }
        let more = try more.map { try Article.sections(String(contentsOfFile: $0, encoding: .utf8), links: links) }
        return ManualPage.pages(
            of: tool, section: section, also: also, more: more ?? "", seeAlso: seeAlso)
    }
}

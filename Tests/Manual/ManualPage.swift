// SPDX-License-Identifier: Apache-2.0

/// One page in the `man(7)` macros. The same description always gives the same bytes.
struct ManualPage {
    /// `vault-cat`
    let name: String
    let section: Int
    let text: String

    var fileName: String { "\(name).\(section)" }

    init(name: String, section: Int, text: String) {
        self.name = name
        self.section = section
        self.text = text
    }

    /// The page of a tool, and one for each of its verbs; what a verb has below itself is on the verb's page.
    ///
    /// - Parameters:
    ///   - also: another name of the tool.
    ///   - more: sections that the page of the tool gets, too, in the macros.
    ///   - seeAlso: pages beside those of the tool, as `vaultd(8)`.
    static func pages(
        of tool: ToolDescription, section: Int, also: String? = nil, more: String = "", seeAlso: [String] = []
    ) -> [ManualPage] {
        let root = tool.command
        let references = root.verbs.map { "\(root.commandName)-\($0.commandName)(\(section))" }
        let verbs = root.verbs.map { verb in
            ManualPage(
                verb, path: [root.commandName, verb.commandName], section: section, also: also, more: "",
                seeAlso: ["\(root.commandName)(\(section))"])
        }
        return [
            ManualPage(
                root, path: [root.commandName], section: section, also: also, more: more,
                seeAlso: references + seeAlso)
        ] + verbs
    }

    private init(
        _ command: ToolDescription.Command, path: [String], section: Int, also: String?, more: String,
        seeAlso: [String]
    ) {
        name = path.joined(separator: "-")
        self.section = section
        var roff = Roff()
        roff.title(name, section: section)
        roff.heading("NAME")
        let names = [name] + (also.map { [([$0] + path.dropFirst()).joined(separator: "-")] } ?? [])
        roff.line("\(Roff.escape(names.joined(separator: ", "))) \\- \(Roff.escape(Self.summary(of: command)))")
        roff.heading("SYNOPSIS")
        Self.writeSynopsis(of: command, path: path, into: &roff)
        if let discussion = command.discussion {
            roff.heading("DESCRIPTION")
            roff.paragraphs(discussion)
        }
        if path.count == 1, !command.verbs.isEmpty {
            roff.heading("VERBS")
            for verb in command.verbs {
                roff.item(term: Roff.bold("\(name) \(verb.commandName)"), text: verb.abstract ?? "")
            }
        }
        Self.writeArguments(of: command, into: &roff)
        if path.count > 1 {
            Self.writeNested(command, path: path, into: &roff)
        }
        if !more.isEmpty { roff.line(more) }
        roff.references(seeAlso)
        text = roff.text
    }

    /// The abstract as `whatis(1)` shows it: without the full stop, and starting small as the others there do.
    private static func summary(of command: ToolDescription.Command) -> String {
        var abstract = command.abstract ?? command.commandName
        if abstract.hasSuffix(".") { abstract.removeLast() }
        guard let first = abstract.first, abstract.dropFirst().first?.isLowercase == true else { return abstract }
        return first.lowercased() + abstract.dropFirst()
    }

    private static func writeSynopsis(of command: ToolDescription.Command, path: [String], into roff: inout Roff) {
        var words = [Roff.bold(path.joined(separator: " "))]
        words += command.shownArguments.map(\.synopsis)
        if !command.verbs.isEmpty {
            words.append("\(Roff.italic("verb")) ...")
        }
        roff.line(words.joined(separator: "\n"))
    }

    private static func writeArguments(of command: ToolDescription.Command, into roff: inout Roff) {
        let positional = command.shownArguments.filter { $0.kind == .positional }
        let options = command.shownArguments.filter { $0.kind != .positional }
        for (heading, arguments) in [("ARGUMENTS", positional), ("OPTIONS", options)] where !arguments.isEmpty {
            roff.heading(heading)
            for argument in arguments {
                roff.item(term: argument.term, text: argument.explanation)
            }
        }
    }

    private static func writeNested(_ command: ToolDescription.Command, path: [String], into roff: inout Roff) {
        for verb in command.verbs {
            let nested = path + [verb.commandName]
            roff.heading(nested.joined(separator: " ").uppercased())
            writeSynopsis(of: verb, path: nested, into: &roff)
            if let abstract = verb.abstract { roff.paragraphs(abstract) }
            if let discussion = verb.discussion { roff.paragraphs(discussion) }
            for argument in verb.shownArguments {
                roff.item(term: argument.term, text: argument.explanation)
            }
            writeNested(verb, path: nested, into: &roff)
        }
    }
}

extension ToolDescription.Argument {
    private var value: String { Roff.italic(valueName ?? "value") }

    /// As in a synopsis: `[--socket path]`, `name ...`.
    fileprivate var synopsis: String {
        var text: String
        switch kind {
        case .positional: text = value
        case .flag: text = Roff.bold(shortestName)
        case .option: text = "\(Roff.bold(shortestName)) \(value)"
        }
        if isRepeating { text += " ..." }
        if parsingStrategy == "postTerminator" { text = "\(Roff.bold("--")) \(text)" }
        return isOptional ? "[\(text)]" : text
    }

    private var shortestName: String { (names?.last ?? names?.first)?.text ?? "" }

    /// As in a list of options: all names and the value.
    fileprivate var term: String {
        guard kind != .positional else { return value }
        let all = (names ?? []).map { Roff.bold($0.text) }.joined(separator: ", ")
        return kind == .option ? "\(all) \(value)" : all
    }

    fileprivate var explanation: String {
        var parts = [abstract, discussion].compactMap { $0 }
        if let allValues, !allValues.isEmpty { parts.append("One of: \(allValues.joined(separator: ", ")).") }
        if let defaultValue, kind != .flag { parts.append("Default: \(defaultValue).") }
        return parts.joined(separator: "\n")
    }
}

// SPDX-License-Identifier: Apache-2.0

/// An article of the documentation as a page of the manual: what the articles use of Markdown, and no more.
///
/// Headings, paragraphs, lists, fenced code, tables; bold, italic, code and links within them. Each row of a table becomes an
/// item: a table as wide as these is no table on a terminal.
struct Article {
    let text: String

    /// - Parameters:
    ///   - name: of the page, as `policy`.
    ///   - links: what a link to an article leads to, by the article's name.
    init(_ markdown: String, name: String, section: Int, seeAlso: [String], links: [String: String]) throws {
        var lines = markdown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
        guard lines.popFirst()?.hasPrefix("# ") == true else { throw Malformed("it begins with no title") }
        while lines.first?.isEmpty == true { lines.removeFirst() }
        var writer = Writer(inline: Inline(links: links))
        let abstract = Self.paragraph(&lines).joined(separator: " ")
        writer.roff.title(name, section: section)
        writer.roff.heading("NAME")
        let summary = abstract.hasSuffix(".") ? String(abstract.dropLast()) : abstract
        writer.roff.line("\(Roff.escape(name)) \\- \(Roff.escape(Inline.plain(summary)))")
        writer.roff.heading("DESCRIPTION")
        while let line = lines.first { try writer.write(line, &lines) }
        writer.roff.references(seeAlso)
        text = writer.roff.text
    }

    /// A part of an article, without a title, in the macros.
    static func sections(_ markdown: String, links: [String: String]) throws -> String {
        var lines = markdown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
        var writer = Writer(inline: Inline(links: links))
        while let line = lines.first { try writer.write(line, &lines) }
        return writer.roff.text
    }

    struct Malformed: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// The lines up to an empty one, or to the beginning of something else.
    fileprivate static func paragraph(_ lines: inout ArraySlice<String>) -> [String] {
        var paragraph: [String] = []
        while let line = lines.first, !line.isEmpty, !line.hasPrefix("```"), !line.hasPrefix("|"), !line.hasPrefix("#"),
            paragraph.isEmpty || Writer.item(line) == nil
        {
            paragraph.append(line)
            lines.removeFirst()
        }
        return paragraph
    }
}

private struct Writer {
    var roff = Roff()
    let inline: Inline

    /// The text behind `* `, `- ` or `1. `, with what marks it; `nil` for what is no item of a list.
    static func item(_ line: String) -> (mark: String, text: Substring)? {
        if line.hasPrefix("* ") || line.hasPrefix("- ") { return ("\\(bu", line.dropFirst(2)) }
        let digits = line.prefix { $0.isNumber }
        guard !digits.isEmpty, line.dropFirst(digits.count).hasPrefix(". ") else { return nil }
        return ("\(digits).", line.dropFirst(digits.count + 2))
    }

    mutating func write(_ line: String, _ lines: inout ArraySlice<String>) throws {
        if line.isEmpty {
            lines.removeFirst()
        } else if line.hasPrefix("```") {
            try code(&lines)
        } else if line.hasPrefix("#") {
            lines.removeFirst()
            heading(line)
        } else if line.hasPrefix("|") {
            try table(&lines)
        } else if let (mark, start) = Self.item(line) {
            lines.removeFirst()
            // What is indented goes on with it.
            var text = [String(start)]
            while let next = lines.first, next.hasPrefix("  ") {
                text.append(String(next.drop { $0 == " " }))
                lines.removeFirst()
            }
            roff.line(".IP \(mark) 4")
            roff.line(inline.text(text.joined(separator: "\n")))
        } else {
            roff.line(".PP")
            roff.line(inline.text(Article.paragraph(&lines).joined(separator: "\n")))
        }
    }

    private mutating func heading(_ line: String) {
        let title = Inline.plain(String(line.drop { $0 == "#" }.drop { $0 == " " }))
        // The first one of an article of DocC, which says nothing.
        guard title != "Overview" else { return }
        if line.hasPrefix("###") {
            roff.subheading(title)
        } else {
            roff.heading(title.uppercased())
        }
    }

    private mutating func code(_ lines: inout ArraySlice<String>) throws {
        lines.removeFirst()
        roff.line(".PP\n.RS 4\n.nf")
        while let line = lines.popFirst(), line != "```" { roff.line(line.isEmpty ? "\\&" : Roff.escape(line)) }
        roff.line(".fi\n.RE")
    }

    /// A row as an item: what stands in its first column, and below it the others; with more than two columns each behind
    /// the head of its column.
    private mutating func table(_ lines: inout ArraySlice<String>) throws {
        var rows: [[String]] = []
        while let line = lines.first, line.hasPrefix("|") {
            rows.append(Self.cells(line))
            lines.removeFirst()
        }
        guard rows.count > 2 else { throw Article.Malformed("a table has no rows: \(rows)") }
        let head = rows[0]
        guard rows.allSatisfy({ $0.count == head.count }) else {
            throw Article.Malformed("a table has rows of several lengths: \(head)")
        }
        for row in rows.dropFirst(2) {
            roff.line(".TP\n\(inline.text(row[0]))")
            var isFirst = true
            for (title, cell) in zip(head, row).dropFirst() where !cell.isEmpty {
                if !isFirst { roff.line(".br") }
                isFirst = false
                let label = head.count > 2 && !title.isEmpty ? "\(inline.text(title)): " : ""
                roff.line(label + inline.text(cell))
            }
            if isFirst { roff.line("\\&") }
        }
        roff.line(".PP")
    }

    private static func cells(_ line: String) -> [String] {
        var cells: [String] = [""]
        var isCode = false
        var isEscaped = false
        for character in line.dropFirst() {
            if character == "`" { isCode.toggle() }
            if character == "|", !isCode, !isEscaped {
                cells.append("")
            } else if character != "\\" || isEscaped {
                cells[cells.count - 1].append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        cells.removeLast()
        return cells.map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
    }
}

/// Text with bold, italic, code and links.
private struct Inline {
    /// What a link to an article leads to, by the article's name.
    let links: [String: String]

    /// Without anything that marks it.
    static func plain(_ text: String) -> String { text.filter { $0 != "`" && $0 != "*" } }

    func text(_ source: String) -> String {
        var text = ""
        var rest = source[...]
        // Words that nothing marks, until something does.
        var words = ""
        func flush() {
            text += Roff.escape(words)
            words = ""
        }
        while let character = rest.first {
            if let (shown, end) = marked(rest) {
                flush()
                text += shown
                rest = end
            } else {
                words.append(character)
                rest.removeFirst()
            }
        }
        flush()
        // A dot or a quote at the beginning of a line is a request to the formatter.
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix(".") ? "\\&\($0)" : String($0) }.joined(separator: "\n")
    }

    /// What stands at the start of `rest` with marks, as it is shown, and what follows it.
    private func marked(_ rest: Substring) -> (shown: String, end: Substring)? {
        if rest.hasPrefix("`") {
            return between(rest, "`", "`").map { (Roff.bold(String($0)), $1) }
        } else if rest.hasPrefix("**") {
            return between(rest, "**", "**").map { ("\\fB\(text(String($0)))\\fR", $1) }
        } else if rest.hasPrefix("*"), rest.dropFirst().first.map({ $0 != " " }) == true {
            return between(rest, "*", "*").map { ("\\fI\(text(String($0)))\\fR", $1) }
        } else if rest.hasPrefix("<doc:") {
            return between(rest, "<doc:", ">").map {
                (links[String($0)] ?? Roff.italic("\($0).md"), $1)
            }
        } else if rest.hasPrefix("[") {
            guard let (words, target) = between(rest, "[", "]"), let (place, end) = between(target, "(", ")") else {
                return nil
            }
            return (
                place.hasPrefix("http")
                    ? "\(text(String(words))) (\(Roff.escape(String(place))))" : text(String(words)), end
            )
        }
        return nil
    }

    private func between(_ rest: Substring, _ start: String, _ end: String) -> (inside: Substring, end: Substring)? {
        guard rest.hasPrefix(start) else { return nil }
        let inside = rest.dropFirst(start.count)
        guard let close = inside.firstRange(of: end), !inside[..<close.lowerBound].isEmpty else { return nil }
        return (inside[..<close.lowerBound], inside[close.upperBound...])
    }
}

// SPDX-License-Identifier: Apache-2.0

internal import JSONText

/// Rows in aligned columns.
///
/// A long listing comes in pages: ``take()`` renders what has been added since and starts anew; columns never get
/// narrower from one page to the next, and the titles stand above the first page only.
package struct Table {
    /// A column by its title; it aligns left, unless it is made by ``right(_:)``.
    package struct Column: ExpressibleByStringLiteral {
        let title: String
        private(set) var alignsRight = false

        package init(stringLiteral title: String) { self.title = title }

        package static func right(_ title: String) -> Column {
            var column = Column(stringLiteral: title)
            column.alignsRight = true
            return column
        }
    }

    package struct Cell {
        let text: String
        var style = Style.plain

        /// `text` may hold anything: it is escaped.
        package init(_ text: String, _ style: Style = .plain) {
            self.text = text.escaped
            self.style = style
        }
    }

    private let columns: [Column]
    private var widths: [Int]
    /// The longest word of each column: what is not broken.
    private var words: [Int]
    private var rows: [[Cell]] = []
    /// How the titles stand that were printed last.
    private var titled: TableLayout?

    package init(_ columns: Column...) {
        self.columns = columns
        widths = columns.map(\.title.count)
        words = widths
    }

    package mutating func add(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        for (index, cell) in cells.enumerated() {
            widths[index] = max(widths[index], cell.text.count)
            words[index] = max(words[index], WrappedText.longestWord(of: cell.text))
        }
        rows.append(cells)
    }

    /// The rows that were added since the last call, each with its line feed; empty if there are none.
    ///
    /// - Parameter width: how many columns a terminal has. What is wider is wrapped between words within the columns, or,
    ///   where that is not enough, has its last columns on further lines; nothing is cut. `nil`: as wide as it is.
    package mutating func take(colours: Bool, width: Int? = Terminal.output.columns) -> String {
        guard !rows.isEmpty else { return "" }
        var text = ""
        let layout = TableLayout(widths: widths, words: words, fitting: width)
        if titled.map({ $0.breaks != layout.breaks }) ?? true {
            text += lines(of: columns.map { Cell($0.title, .strong) }, layout, colours: colours)
        }
        titled = layout
        for row in rows { text += lines(of: row, layout, colours: colours) }
        rows = []
        return text
    }

    private func lines(of cells: [Cell], _ layout: TableLayout, colours: Bool) -> String {
        layout.groups.enumerated().map { number, group in
            // A group with nothing in it has no line, but for the first.
            if number > 0, group.allSatisfy({ cells[$0].text.isEmpty }) { return "" }
            let parts = group.map { WrappedText.lines(of: cells[$0].text, width: layout.widths[$0]) }
            let margin = number == 0 ? "" : TableLayout.margin
            return (0..<max(1, parts.map(\.count).max() ?? 1)).map { index in
                margin + line(zip(group, parts).map { ($0, index < $1.count ? $1[index] : "") }, cells, layout, colours)
            }.joined()
        }.joined()
    }

    /// Nothing is cut, and there are no spaces at the end of a line.
    private func line(
        _ parts: [(column: Int, text: String)], _ cells: [Cell], _ layout: TableLayout, _ colours: Bool
    ) -> String {
        var text = ""
        let last = parts.lastIndex { !$0.text.isEmpty } ?? 0
        for (index, part) in parts[...last].enumerated() {
            let padding = String(repeating: " ", count: max(0, layout.widths[part.column] - part.text.count))
            let shown = cells[part.column].style.applied(to: part.text, colours: colours)
            if columns[part.column].alignsRight {
                text += padding + shown
            } else {
                text += index == last ? shown : shown + padding
            }
            if index < last { text += "  " }
        }
        return text + "\n"
    }
}

/// Names and values below each other, the values aligned.
package struct Fields {
    private var rows: [(name: String, value: Table.Cell)] = []

    package init() {}

    package mutating func add(_ name: String, _ value: String, _ style: Style = .plain) {
        rows.append((name.escaped, Table.Cell(value, style)))
    }

    /// Adds nothing when there is no value.
    package mutating func add(_ name: String, _ value: String?, _ style: Style = .plain) {
        if let value { add(name, value, style) }
    }

    /// Each line is indented by so many spaces.
    /// - Parameter columns: how wide a terminal is: longer values are wrapped between words. `nil`: they are not.
    package func text(indent: Int = 0, colours: Bool, columns: Int? = Terminal.output.columns) -> String {
        let width = rows.map(\.name.count).max() ?? 0
        let margin = String(repeating: " ", count: indent)
        let room = columns.map { max($0 - indent - width - 2, WrappedText.narrowest) }
        return rows.map { row in
            let padding = String(repeating: " ", count: width - row.name.count + 2)
            let name = Style.faint.applied(to: row.name, colours: colours)
            let lines = WrappedText.lines(of: row.value.text, width: room).map {
                row.value.style.applied(to: $0, colours: colours) + "\n"
            }
            return margin + name + padding + lines.joined(separator: margin + String(repeating: " ", count: width + 2))
        }.joined()
    }
}

/// How a piece of text stands out on a terminal.
package enum Style: String {
    case plain = ""
    case strong = "1"
    case faint = "2"
    case bad = "31"
    case good = "32"
    case doubtful = "33"

    /// The text in this style, or as it is where there are no colours.
    package func applied(to text: String, colours: Bool) -> String {
        colours && self != .plain && !text.isEmpty ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
    }
}

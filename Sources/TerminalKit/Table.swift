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
    private var rows: [[Cell]] = []
    private var needsTitles = true

    package init(_ columns: Column...) {
        self.columns = columns
        widths = columns.map(\.title.count)
    }

    package mutating func add(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.text.count) }
        rows.append(cells)
    }

    /// The rows that were added since the last call, each with its line feed; empty if there are none.
    package mutating func take(colours: Bool) -> String {
        guard !rows.isEmpty else { return "" }
        var text = ""
        if needsTitles {
            needsTitles = false
            text += line(columns.map { Cell($0.title, .strong) }, colours: colours)
        }
        for row in rows { text += line(row, colours: colours) }
        rows = []
        return text
    }

    /// Nothing is cut, and there are no spaces at the end of a line.
    private func line(_ cells: [Cell], colours: Bool) -> String {
        var text = ""
        let last = cells.lastIndex { !$0.text.isEmpty } ?? 0
        for index in 0...last {
            let cell = cells[index]
            let padding = String(repeating: " ", count: widths[index] - cell.text.count)
            let shown = cell.style.applied(to: cell.text, colours: colours)
            if columns[index].alignsRight {
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
    package func text(indent: Int = 0, colours: Bool) -> String {
        let width = rows.map(\.name.count).max() ?? 0
        let margin = String(repeating: " ", count: indent)
        return rows.map { row in
            let padding = String(repeating: " ", count: width - row.name.count + 2)
            let name = Style.faint.applied(to: row.name, colours: colours)
            return margin + name + padding + row.value.style.applied(to: row.value.text, colours: colours) + "\n"
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

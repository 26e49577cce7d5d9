// SPDX-License-Identifier: Apache-2.0

/// Rows in aligned columns.
///
/// A long listing comes in pages: ``take()`` renders what has been added since and starts anew; columns never get
/// narrower from one page to the next, and the titles stand above the first page only.
struct Table {
    struct Column {
        let title: String
        var alignsRight = false
    }

    struct Cell {
        let text: String
        var style = Style.plain

        /// `text` may hold anything: it is escaped.
        init(_ text: String, _ style: Style = .plain) {
            self.text = text.escaped
            self.style = style
        }
    }

    private let columns: [Column]
    private var widths: [Int]
    private var rows: [[Cell]] = []
    private var needsTitles = true

    init(_ columns: [Column]) {
        self.columns = columns
        widths = columns.map(\.title.count)
    }

    /// Columns that align left.
    init(_ titles: String...) {
        self.init(titles.map { Column(title: $0) })
    }

    mutating func add(_ cells: [Cell]) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.text.count) }
        rows.append(cells)
    }

    /// The rows that were added since the last call, each with its line feed; empty if there are none.
    mutating func take(colours: Bool) -> String {
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

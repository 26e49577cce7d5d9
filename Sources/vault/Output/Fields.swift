// SPDX-License-Identifier: Apache-2.0

/// Names and values below each other, the values aligned.
struct Fields {
    private var rows: [(name: String, value: Table.Cell)] = []

    init() {}

    mutating func add(_ name: String, _ value: String, _ style: Style = .plain) {
        rows.append((name.escaped, Table.Cell(value, style)))
    }

    /// Adds nothing when there is no value.
    mutating func add(_ name: String, _ value: String?, _ style: Style = .plain) {
        if let value { add(name, value, style) }
    }

    /// Each line is indented by so many spaces.
    func text(indent: Int = 0, colours: Bool) -> String {
        let width = rows.map(\.name.count).max() ?? 0
        let margin = String(repeating: " ", count: indent)
        return rows.map { row in
            let padding = String(repeating: " ", count: width - row.name.count + 2)
            let name = Style.faint.applied(to: row.name, colours: colours)
            return margin + name + padding + row.value.style.applied(to: row.value.text, colours: colours) + "\n"
        }.joined()
    }
}

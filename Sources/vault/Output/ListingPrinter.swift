// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit

/// Prints the items of a listing as they come, in the format that was asked for.
struct ListingPrinter<Item: JSONWritable> {
    private let format: OutputFormat
    private let row: (Item) -> [Table.Cell]
    private var table: Table
    private var count = 0

    /// - Parameter row: the cells of an item, one for each column of the table.
    init(_ format: OutputFormat, _ table: Table, row: @escaping (Item) -> [Table.Cell]) {
        self.format = format
        self.table = table
        self.row = row
    }

    /// Prints one page.
    mutating func print(_ items: [Item]) throws {
        var text = ""
        for item in items {
            switch format {
            case .text: table.add(row(item))
            case .json:
                text += count == 0 ? "[\n" : ",\n"
                text += JSONOutput.shown(item.jsonBytes())
            case .jsonl: text += JSONOutput.shown(item.jsonBytes()) + "\n"
            }
            count += 1
        }
        if format == .text { text = table.take(colours: Terminal.output.hasColours) }
        try StandardOutput.write(text)
    }

    /// Prints what belongs behind the last page.
    func finish() throws {
        if format == .json { try StandardOutput.write(count == 0 ? "[]\n" : "\n]\n") }
    }
}

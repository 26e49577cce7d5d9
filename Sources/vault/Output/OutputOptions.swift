// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import Varlink

/// The option that every verb with an answer has.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp(
            "What to print: text for people, or JSON with the names of the interface.", valueName: "format")
    )
    var output = OutputFormat.text

    /// Prints an answer.
    /// - Parameter text: for people, with its line feed.
    func print(_ answer: some JSONWritable, text: @autoclosure () throws -> String) throws {
        try StandardOutput.write(output == .text ? text() : JSONOutput.text(answer, output))
    }

    /// Prints what the replies to a call list, as they come.
    /// - Parameter row: the cells of an item, one for each column of the table.
    func list<Method: InterfaceMethod, Item: JSONWritable>(
        _ connection: BrokerConnection, _ method: Method.Type, _ parameters: Method.Parameters,
        _ items: (Method.Reply) -> [Item], in table: Table, row: @escaping (Item) -> [Table.Cell]
    ) throws {
        var printer = ListingPrinter(output, table, row: row)
        try connection.callMore(method, parameters) { try printer.print(items($0)) }
        try printer.finish()
    }
}

/// The option of a verb whose answer is one value.
struct AnswerOptions: ParsableArguments {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("What to print: text for people, or JSON.", valueName: "format"))
    var output = Format.text
}

/// The option of every verb whose answer may be long.
struct PagerOption: ParsableArguments {
    @Flag(help: "Print what is longer than the screen as it is. (Else VAULT_PAGER, PAGER or less shows it.)")
    var noPager = false
}

/// A verb that shows something, and asks nothing.
protocol PagedVerb {
    var pager: PagerOption { get }
}

/// The option of every verb that changes something.
struct ReasonOption: ParsableArguments {
    @Option(help: ArgumentHelp("Why, for the audit log.", valueName: "text"))
    var reason: String?
}

extension OutputFormat: ExpressibleByArgument {}

/// Prints the items of a listing as they come, in the format that was asked for.
struct ListingPrinter<Item> {
    private let format: OutputFormat
    private let json: (Item) -> [UInt8]
    private let row: (Item) -> [Table.Cell]
    private var table: Table
    private var count = 0

    /// - Parameters:
    ///   - json: the text of an item.
    ///   - row: the cells of an item, one for each column of the table.
    init(
        _ format: OutputFormat, _ table: Table, json: @escaping (Item) -> [UInt8],
        row: @escaping (Item) -> [Table.Cell]
    ) {
        self.format = format
        self.table = table
        self.json = json
        self.row = row
    }

    /// Prints one page.
    /// - Throws: the exit status of success, where somebody left the pager and needs no further page.
    mutating func print(_ items: [Item]) throws {
        if Pager.isLeft { throw ExitCode.success }
        var text = ""
        for item in items {
            switch format {
            case .text: table.add(row(item))
            case .json: text += (count == 0 ? "[\n" : ",\n") + JSONOutput.shown(json(item))
            case .jsonl: text += JSONOutput.shown(json(item)) + "\n"
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

extension ListingPrinter where Item: JSONWritable {
    init(_ format: OutputFormat, _ table: Table, row: @escaping (Item) -> [Table.Cell]) {
        self.init(format, table, json: { $0.jsonBytes() }, row: row)
    }
}

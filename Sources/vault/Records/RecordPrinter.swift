// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// Prints records as they come.
struct RecordPrinter {
    private let format: RecordFormat
    private var table = Table([
        .init(title: "TIME"), .init(title: "RECORD", alignsRight: true), .init(title: "TYPE"), .init(title: "WHO"),
        .init(title: "WHAT"), .init(title: "RULES"), .init(title: "DETAILS"),
    ])
    private var count = 0

    init(_ format: RecordFormat) {
        self.format = format
    }

    /// Prints one page.
    mutating func print(_ entries: [AuditInterface.Entry]) throws {
        var text = ""
        for entry in entries {
            switch format {
            case .text: table.add(Self.cells(of: RecordSummary(entry)))
            case .json: text += (count == 0 ? "[\n" : ",\n") + JSONOutput.shown([UInt8](entry.text.utf8))
            case .jsonl: text += JSONOutput.shown([UInt8](entry.text.utf8)) + "\n"
            case .csv: text += (count == 0 ? CSVLine.titles : "") + CSVLine(RecordSummary(entry)).text
            }
            count += 1
        }
        if format == .text { text = table.take(colours: Terminal.output.hasColours) }
        try StandardOutput.write(text)
    }

    /// Prints what belongs behind the last page.
    func finish() throws {
        switch format {
        case .json: try StandardOutput.write(count == 0 ? "[]\n" : "\n]\n")
        case .csv where count == 0: try StandardOutput.write(CSVLine.titles)
        case .text, .jsonl, .csv: break
        }
    }

    private static func cells(of record: RecordSummary) -> [Table.Cell] {
        [
            .init(record.time), .init(String(record.record)), .init(record.type, record.style), .init(record.who),
            .init(record.what), .init(record.stored.rules.joined(separator: ",")), .init(record.details),
        ]
    }
}

/// A record as a line of comma-separated values.
struct CSVLine {
    static let titles =
        "record,time,type,decision,uid,user,pid,exe,unit,capability,kind,rights,delivery,rules,reason,request\r\n"

    let text: String

    init(_ record: RecordSummary) {
        let stored = record.stored
        let (peer, capability) = (stored.peer, stored.capability)
        let values: [String?] = [
            String(record.record), record.time, record.type, stored.decision, (peer?.uid).map { "\($0)" }, peer?.user,
            (peer?.pid).map { "\($0)" }, peer?.exe, peer?.unit, capability?.name, capability?.kind, record.rights,
            capability?.delivery, stored.rules.joined(separator: ","), stored.reason, stored.request,
        ]
        text = values.map { Self.quoted(($0 ?? "").escaped) }.joined(separator: ",") + "\r\n"
    }

    /// In quotes where it must be. A value that a spreadsheet would take for a formula gets an apostrophe in front:
    /// clients choose some of them.
    private static func quoted(_ value: String) -> String {
        let value = value.first.map { "=+-@".contains($0) } == true ? "'" + value : value
        guard value.contains(where: { $0 == "," || $0 == "\"" }) else { return value }
        return "\"\(value.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }
}

/// How records are printed.
enum RecordFormat: String, CaseIterable, ExpressibleByArgument {
    case text, json, jsonl
    /// With a line of titles, RFC 4180.
    case csv

    init(_ format: OutputFormat) {
        switch format {
        case .text: self = .text
        case .json: self = .json
        case .jsonl: self = .jsonl
        }
    }
}

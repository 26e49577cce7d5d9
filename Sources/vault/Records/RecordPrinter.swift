// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// Prints records as they come: those of the log by their exact bytes, unless they are for people or for a spreadsheet.
struct RecordPrinter {
    /// nil: comma-separated values.
    private var listing: ListingPrinter<AuditInterface.Entry>?
    /// What stands above the first of these, until it has been printed.
    private var titles = CSVLine.titles

    /// - Parameter format: nil for comma-separated values.
    init(_ format: OutputFormat?) {
        let table = Table("TIME", .right("RECORD"), "TYPE", "WHO", "WHAT", "RULES", "DETAILS")
        listing = format.map { format in
            ListingPrinter(format, table, json: { [UInt8]($0.text.utf8) }, row: { Self.cells(of: RecordSummary($0)) })
        }
    }

    /// Prints one page.
    mutating func print(_ entries: [AuditInterface.Entry]) throws {
        try listing?.print(entries)
        guard listing == nil, !entries.isEmpty else { return }
        try StandardOutput.write(titles + entries.map { CSVLine(RecordSummary($0)).text }.joined())
        titles = ""
    }

    /// Prints what belongs behind the last page.
    func finish() throws {
        try listing?.finish()
        if listing == nil { try StandardOutput.write(titles) }
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
    static func quoted(_ value: String) -> String {
        // Scalars: a character may be a comma and what combines with it, which no reader of CSV knows.
        let value = value.unicodeScalars.first.map { "=+-@".unicodeScalars.contains($0) } == true ? "'" + value : value
        guard value.unicodeScalars.contains(where: { $0 == "," || $0 == "\"" }) else { return value }
        var quoted = "\""
        for scalar in value.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}

/// How records are printed.
enum RecordFormat: String, CaseIterable, ExpressibleByArgument {
    case text, json, jsonl
    /// With a line of titles, RFC 4180.
    case csv
}

// SPDX-License-Identifier: Apache-2.0

import JSONText
import Records
import TerminalKit

/// Records as a table, the newest first.
struct RecordTable {
    let records: [RecordSummary]

    /// Who was refused what, and why.
    var denials: HTMLText {
        let rows = records.map { record -> HTMLText in
            """
            <tr><td class="t">\(Self.time(of: record))</td><td data-label="Record" class="n">\(record.record)</td>\
            <td data-label="Who">\(record.who)</td>\
            <td data-label="Program" class="w">\(record.stored.peer?.exe ?? "")</td>\
            <td data-label="Capability" class="w">\(record.what)</td><td data-label="Why" class="w y">\(why(record))</td></tr>
            """
        }
        return table(["Time", "Record", "Who", "Program", "Capability", "Why"], rows)
    }

    /// Who changed what.
    var changes: HTMLText {
        let rows = records.map { record -> HTMLText in
            """
            <tr><td class="t">\(Self.time(of: record))</td><td data-label="Record" class="n">\(record.record)</td>\
            <td data-label="Who">\(record.who)</td><td data-label="Change" class="w y">\(record.changeInWords)</td>\
            <td data-label="Reason" class="w">\(record.stored.reason ?? "")</td></tr>
            """
        }
        return table(["Time", "Record", "Who", "Change", "Reason"], rows)
    }

    private func table(_ titles: [String], _ rows: [HTMLText]) -> HTMLText {
        if rows.isEmpty { return #"<p class="none">None.</p>"# }
        let heads = titles.map { title -> HTMLText in
            title == "Record" ? #"<th scope="col" class="n">\#(title)</th>"# : #"<th scope="col">\#(title)</th>"#
        }
        return """
            <table class="records"><thead><tr>\(heads)</tr></thead>
            <tbody>\(rows)</tbody></table>
            """
    }

    /// A forbidding rule, else what the nearest permits wanted and found.
    private func why(_ record: RecordSummary) -> String {
        if !record.stored.rules.isEmpty { return "forbidden by \(record.stored.rules.joined(separator: ", "))" }
        let failed = record.stored.failed
        guard !failed.isEmpty else { return record.stored.reason ?? "no rule permits it" }
        return failed.map { "\($0.rule) wants \($0.selector) \($0.wanted), found \($0.got ?? "nothing known")" }
            .joined(separator: "; ")
    }

    /// `2026-11-21 07:15:00`, in the zone that the page names at its head.
    private static func time(of record: RecordSummary) -> String {
        record.stored.timeUSec.map { "\(LocalTime.text($0).prefix(10)) \(LocalTime.text($0).dropFirst(11).prefix(8))" }
            ?? "?"
    }
}

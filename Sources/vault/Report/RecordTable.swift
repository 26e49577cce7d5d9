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
            <tr><td class="t">\(Self.time(of: record))</td><td class="n">\(record.record)</td><td>\(record.who)</td>\
            <td class="w">\(record.stored.peer?.exe ?? "")</td><td class="w">\(record.what)</td><td class="w y">\(why(record))</td></tr>
            """
        }
        return table(["Time", "Record", "Who", "Program", "Capability", "Why"], rows)
    }

    /// Who changed what.
    var changes: HTMLText {
        let rows = records.map { record -> HTMLText in
            """
            <tr><td class="t">\(Self.time(of: record))</td><td class="n">\(record.record)</td><td>\(record.type)</td>\
            <td>\(record.who)</td><td class="w">\(subject(record))</td><td class="w">\(record.stored.reason ?? "")</td></tr>
            """
        }
        return table(["Time", "Record", "Change", "Who", "What", "Reason"], rows)
    }

    private func table(_ titles: [String], _ rows: [HTMLText]) -> HTMLText {
        if rows.isEmpty { return #"<p class="none">None.</p>"# }
        let heads = titles.map { title -> HTMLText in
            title == "Record" ? #"<th scope="col" class="n">\#(title)</th>"# : #"<th scope="col">\#(title)</th>"#
        }
        return """
            <div class="scroll"><table><thead><tr>\(heads)</tr></thead>
            <tbody>\(rows)</tbody></table></div>
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

    private func subject(_ record: RecordSummary) -> String {
        let details = record.details(withReason: false)
        return record.what.isEmpty ? details : "\(record.what) \(details)"
    }

    /// `2026-11-21 07:15:00`, in the zone that the page names at its head.
    private static func time(of record: RecordSummary) -> String {
        record.stored.timeUSec.map { "\(LocalTime.text($0).prefix(10)) \(LocalTime.text($0).dropFirst(11).prefix(8))" }
            ?? "?"
    }
}

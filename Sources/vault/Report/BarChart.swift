// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit

/// Grants and denials of each of the most frequent, as bars below each other.
struct BarChart {
    private static let most = 12
    private static let width = 960.0
    private static let labels = 300.0
    private static let longestLabel = 38
    private static let rowHeight = 40.0
    /// Room for the number behind a bar.
    private static let room = 70.0

    /// The words of a heading, such as `capability`.
    private let key: String
    private let counts: [ReportData.Count]
    private let others: Int

    /// - Parameter name: how a key is shown.
    init(_ key: String, _ counts: [ReportData.Count], name: (String) -> String = { $0 }) {
        self.key = key
        others = max(0, counts.count - Self.most)
        self.counts = counts.map {
            .init(key: $0.key.isEmpty ? "(none)" : name($0.key), grants: $0.grants, denials: $0.denials)
        }
    }

    var html: HTMLText {
        let shown = counts.prefix(Self.most)
        guard !shown.isEmpty else { return #"<p class="none">Nothing.</p>"# }
        let height = Double(shown.count) * Self.rowHeight + 6
        let largest = max(shown.map { max($0.grants, $0.denials) }.max() ?? 1, 1)
        let bars = shown.enumerated().map { row($0.element, y: Double($0.offset) * Self.rowHeight, largest) }
        let rest: HTMLText =
            others > 0 ? "<p class=\"none\">And \(others.grouped) more, which the table below has.</p>" : ""
        return """
            <figure><div class="scroll">
            <svg viewBox="0 0 \(Self.width) \(height)" role="img" aria-labelledby="\(key)-title \(key)-text">
            <title id="\(key)-title">Grants and denials by \(key)</title>
            <desc id="\(key)-text">A pair of bars for each \(key), the most frequent first. The table below has the numbers.</desc>
            \(bars)
            </svg></div>\(rest)
            \(HTMLText.table("Table of all \(counts.count.grouped)", key.capitalizedFirst, counts))
            </figure>
            """
    }

    private func row(_ count: ReportData.Count, y: Double, _ largest: Int) -> HTMLText {
        let scale = (Self.width - Self.labels - Self.room) / Double(largest)
        func bar(_ value: Int, _ style: HTMLText, _ what: String, _ top: Double) -> HTMLText {
            let length = value == 0 ? 0 : max(Double(value) * scale, 2)
            return """
                <rect class="\(style)" x="\(Self.labels)" y="\(y + top)" width="\(length)" height="13" rx="1.5">\
                <title>\(count.key): \(value.grouped) \(what)</title></rect>\
                <text class="tick" x="\(Self.labels + length + 6)" y="\(y + top + 11)">\(value.grouped)</text>
                """
        }
        return """
            <text class="label" text-anchor="end" x="\(Self.labels - 12)" y="\(y + 24)">\(shortened(count.key))\
            <title>\(count.key)</title></text>\
            \(bar(count.grants, "grant", "grants", 4))\(bar(count.denials, "deny", "denials", 20))
            """
    }

    /// A name may have 255 bytes, and each may be shown as several: its beginning and its end stay.
    private func shortened(_ name: String) -> String {
        guard name.escaped.count > Self.longestLabel else { return name }
        var kept = Self.longestLabel - 1
        while kept > 2 {
            let text = "\(name.prefix((kept + 1) / 2))…\(name.suffix(kept / 2))"
            if text.escaped.count <= Self.longestLabel { return text }
            kept -= 1
        }
        return "…"
    }
}

extension HTMLText {
    /// Grants and denials in numbers, folded up below their chart.
    static func table(_ summary: String, _ title: String, _ counts: [ReportData.Count]) -> HTMLText {
        let rows = counts.map { count -> HTMLText in
            """
            <tr><th scope="row">\(count.key)</th><td class="n">\(count.grants.grouped)</td>\
            <td class="n">\(count.denials.grouped)</td></tr>
            """
        }
        return """
            <details><summary>\(summary)</summary><div class="scroll"><table>
            <thead><tr><th scope="col">\(title)</th><th scope="col" class="n">Grants</th>\
            <th scope="col" class="n">Denials</th></tr></thead>
            <tbody>\(rows)</tbody></table></div></details>
            """
    }
}

extension String {
    /// The first letter in upper case.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

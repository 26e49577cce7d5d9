// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit

/// Grants and denials of each of the most frequent, as bars below each other.
struct BarChart {
    private static let most = 12
    private static let longestLabel = 60

    /// The words of a heading, such as `capability`.
    private let key: String
    private let counts: [ReportData.Count]
    private let others: Int

    /// - Parameter name: how a key is shown.
    init(_ key: String, _ counts: [ReportData.Count], name: (String) -> String = { $0 }) {
        self.key = key
        others = max(0, counts.count - Self.most)
        self.counts = counts.map {
            var count = $0
            count.key = $0.key.isEmpty ? "(none)" : name($0.key)
            return count
        }
    }

    /// Each row has a bar for its grants and one for its denials. Both have scales of their own: a denial beside a thousand grants is
    /// what somebody looks for here.
    var html: HTMLText {
        let shown = counts.prefix(Self.most)
        guard !shown.isEmpty else { return #"<p class="none">Nothing.</p>"# }
        let mostGrants = max(shown.map(\.grants).max() ?? 1, 1)
        let mostDenials = max(shown.map(\.denials).max() ?? 1, 1)
        let rows = shown.map { count -> HTMLText in
            """
            <div class="row"><div class="name" title="\(count.key)">\(shortened(count.key))</div>\
            \(bar(count, count.grants, of: mostGrants, "grant", "grants"))\
            \(bar(count, count.denials, of: mostDenials, "deny", "denials"))</div>

            """
        }
        let rest: HTMLText =
            others > 0 ? "<p class=\"none\">And \(others.grouped) more, which the table below has.</p>" : ""
        return """
            <figure><div role="img" aria-label="Grants and denials by \(key), the most frequent first. The table below has the numbers.">
            \(rows)</div>\(rest)
            \(HTMLText.table("Table of all \(counts.count.grouped)", key.capitalizedFirst, counts))
            </figure>
            """
    }

    /// A bar, with its number behind it; what is nothing has no bar.
    private func bar(_ count: ReportData.Count, _ value: Int, of most: Int, _ style: HTMLText, _ what: String)
        -> HTMLText
    {
        let length = Double(value) / Double(most) * 100
        let drawn: HTMLText = value == 0 ? "" : #"<i class="\#(style)" style="width:\#(length)%"></i>"#
        return """
            <div class="track" title="\(count.key): \(value.grouped) \(what)">\(drawn)<span>\(value.grouped)</span></div>
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
    /// Grants, denials and what never arrived in numbers, folded up below their chart.
    static func table(_ summary: String, _ title: String, _ counts: [ReportData.Count]) -> HTMLText {
        let rows = counts.map { count -> HTMLText in
            """
            <tr><th scope="row">\(count.key)</th><td class="n">\(count.grants.grouped)</td>\
            <td class="n">\(count.denials.grouped)</td><td class="n">\((count.missing ?? 0).grouped)</td></tr>
            """
        }
        return """
            <details><summary>\(summary)</summary><table>
            <thead><tr><th scope="col">\(title)</th><th scope="col" class="n">Grants</th>\
            <th scope="col" class="n">Denials</th>\
            <th scope="col" class="n" title="Grants whose descriptors have not arrived, as their clients say">Missing</th>\
            </tr></thead>
            <tbody>\(rows)</tbody></table></details>
            """
    }
}

extension String {
    /// The first letter in upper case.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

// SPDX-License-Identifier: Apache-2.0

import TerminalKit

/// The page. It has no script, and its policy lets a browser load nothing.
struct ReportPage {
    private let data: ReportData

    init(_ data: ReportData) {
        self.data = data
    }

    var text: String {
        let page: HTMLText = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
            <link rel="icon" href="data:,">
            <title>Audit report of \(data.log.origin)</title>
            <style>\(ReportStyle.sheet)</style>
            </head>
            <body>
            \(head)
            <main>
            \(figures)
            <section aria-labelledby="over-time"><h2 id="over-time">Over time</h2>
            <p class="note">Each column is \(data.span.stepWords).\(hint)</p>
            \(TimeChart(data.span, data.byTime).html)</section>
            <section aria-labelledby="by-capability"><h2 id="by-capability">By capability</h2>\(legend)
            \(BarChart("capability", data.byCapability).html)</section>
            <section aria-labelledby="by-user"><h2 id="by-user">By user</h2>\(legend)
            \(BarChart("user", data.byUser).html)</section>
            <section aria-labelledby="by-rule"><h2 id="by-rule">By rule</h2>\(legend)
            <p class="note">A grant counts for the rule that it was charged to, a denial for the rules that forbade it; \
            where no rule permitted it, for none.</p>
            \(BarChart("rule", data.byRule, name: Self.rules).html)</section>
            <section aria-labelledby="denials"><h2 id="denials">Newest denials</h2>\(denialsNote)
            \(RecordTable(data.newestDenials).denials)</section>
            <section aria-labelledby="changes"><h2 id="changes">Newest changes of the policy</h2>
            \(RecordTable(data.newestChanges).changes)</section>
            </main>
            <footer>Made by <code>vault audit report</code> at \(LocalTime.text(data.madeUSec)), when the log had \
            \(data.log.size.grouped) records. A record is shown by <code>vault audit show NUMBER</code>; \
            <code>vault audit verify</code> checks them all.</footer>
            </body>
            </html>

            """
        return page.markup
    }

    private var head: HTMLText {
        let selection: HTMLText =
            data.selection.isEmpty ? "" : "<p>Only records of: \(data.selection.joined(separator: "; ")).</p>"
        return """
            <header><h1>Audit report</h1>
            <p class="origin">\(data.log.origin)</p>
            <p>From \(LocalTime.text(data.span.fromUSec)) to \(LocalTime.text(data.span.toUSec)).</p>\(selection)</header>
            """
    }

    private var figures: HTMLText {
        let all = data.grants + data.denials
        let share = all == 0 ? "" : "\(Self.percent(data.denials, of: all)) of all requests"
        func figure(_ number: Int, _ name: HTMLText, _ note: String = "", _ style: HTMLText = "") -> HTMLText {
            """
            <div class="figure \(style)"><dt>\(name)</dt><dd>\(number.grouped)<small>\(note)</small></dd></div>
            """
        }
        return """
            <dl class="figures">
            \(figure(data.grants, "Grants", "", "granted"))
            \(figure(data.denials, "Denials", share, "denied"))
            \(figure(Self.named(data.byCapability), "Capabilities"))
            \(figure(Self.named(data.byUser), "Users"))
            </dl>
            """
    }

    private var hint: HTMLText {
        data.denials == 0 ? "" : " Grants and denials have scales of their own."
    }

    private var denialsNote: HTMLText {
        var note: HTMLText = ""
        if data.denials > ReportData.newest {
            note += "<p class=\"note\">The newest \(ReportData.newest) of \(data.denials.grouped).</p>"
        }
        if data.hasFoldedDenials {
            note += """
                <p class="note">There were floods of denials. What was folded into summaries then is not counted on this \
                page: <code>vault audit list --type deny.summary</code>.</p>
                """
        }
        return note
    }

    private var legend: HTMLText {
        #"<p class="legend"><span class="grant">Grants</span> <span class="deny">Denials</span></p>"#
    }

    /// Several rules of one denial have a line feed between them.
    private static func rules(_ key: String) -> String {
        key.split(separator: "\n").joined(separator: ", ")
    }

    private static func named(_ counts: [ReportData.Count]) -> Int { counts.count { !$0.key.isEmpty } }

    private static func percent(_ part: Int, of all: Int) -> String {
        let tenths = Int((Double(part) * 1000 / Double(all)).rounded())
        if part > 0, tenths == 0 { return "less than 0.1 %" }
        return "\(tenths / 10).\(tenths % 10) %"
    }
}

// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit

/// The page. It has no script, and its policy lets a browser load nothing.
struct ReportPage {
    let data: ReportData

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
            \(RecordTable(records: data.newestDenials).denials)</section>
            <section aria-labelledby="changes"><h2 id="changes">Newest changes of the policy</h2>
            \(RecordTable(records: data.newestChanges).changes)</section>
            \(checkpoint)
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
        let total = data.total
        let all = total.grants + total.denials
        let share = all == 0 ? "" : "\(Self.percent(total.denials, of: all)) of all requests"
        let missing = total.missing ?? 0
        let lost = missing == 0 ? "" : "\(missing.grouped) never arrived, as clients say"
        func figure(_ number: Int, _ name: HTMLText, _ note: String = "", _ style: HTMLText = "") -> HTMLText {
            """
            <div class="figure \(style)"><dt>\(name)</dt><dd>\(number.grouped)<small>\(note)</small></dd></div>
            """
        }
        return """
            <dl class="figures">
            \(figure(total.grants, "Grants", lost, "granted"))
            \(figure(total.denials, "Denials", share, "denied"))
            \(figure(Self.named(data.byCapability), "Capabilities"))
            \(figure(Self.named(data.byUser), "Users"))
            </dl>
            """
    }

    /// What the page was made from, so that somebody can check that it was.
    private var checkpoint: HTMLText {
        let lines = data.note.split(at: "\n", omittingEmpty: false).map { line -> HTMLText in "\(String(line))\n" }
        return """
            <section aria-labelledby="checkpoint"><h2 id="checkpoint">Made from</h2>
            <p class="note">The log <b>\(data.log.origin)</b> with \(data.log.size.grouped) records, whose tree has the root \
            <code class="root">\(data.log.root)</code>. Whoever keeps this checkpoint can have all of them checked: \
            <code>vault audit verify --from FILE</code>.</p>
            <details><summary>The checkpoint, as it was signed</summary><pre>\(lines)</pre></details></section>
            """
    }

    private var hint: HTMLText {
        data.total.denials == 0 ? "" : " Grants and denials have scales of their own."
    }

    private var denialsNote: HTMLText {
        var note: HTMLText = ""
        let denials = data.total.denials
        if denials > ReportData.newest {
            note += "<p class=\"note\">The newest \(ReportData.newest) of \(denials.grouped).</p>"
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
        """
        <p class="legend"><span class="grant">Grants</span> <span class="deny">Denials</span>\(hint)</p>
        """
    }

    /// Several rules of one denial have a line feed between them.
    private static func rules(_ key: String) -> String {
        key.split(at: "\n").joined(separator: ", ")
    }

    private static func named(_ counts: [ReportData.Count]) -> Int { counts.count { !$0.key.isEmpty } }

    private static func percent(_ part: Int, of all: Int) -> String {
        let tenths = Int((Double(part) * 1000 / Double(all)).rounded())
        if part > 0, tenths == 0 { return "less than 0.1 %" }
        return "\(tenths / 10).\(tenths % 10) %"
    }
}

/// How the page looks: the system's fonts, two colours that also those tell apart who do not see red or green.
enum ReportStyle {
    static let sheet: HTMLText = """

        :root { color-scheme: light dark;
          --page: #f6f7f9; --panel: #ffffff; --ink: #1b1f24; --quiet: #5b6570; --line: #dfe3e8; --faint: #eef0f3;
          --grant: #2b6cb0; --deny: #c2410c; }
        @media (prefers-color-scheme: dark) { :root {
          --page: #14171a; --panel: #1c2024; --ink: #e8eaed; --quiet: #a3acb6; --line: #363c43; --faint: #262b30;
          --grant: #63a4e8; --deny: #f59559; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1080px; padding: 32px 24px 48px; background: var(--page); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        h1 { font-size: 26px; line-height: 1.2; margin: 0; letter-spacing: -.01em; }
        h2 { font-size: 17px; margin: 0 0 4px; }
        header p { margin: 4px 0; color: var(--quiet); }
        header .origin { color: var(--ink); font-weight: 600; overflow-wrap: anywhere; }
        section { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px;
          margin-top: 20px; }
        figure { margin: 8px 0 0; }
        svg { width: 100%; height: auto; } .wide { display: block; } .narrow { display: none; }
        .row { display: grid; grid-template-columns: minmax(0, 31%) minmax(0, 1fr); column-gap: 12px; padding: 4px 0; }
        .row .name { grid-row: span 2; align-self: center; text-align: right; font-size: 13px; overflow-wrap: anywhere; }
        .row .track { display: flex; align-items: center; gap: 6px; height: 16px; padding-right: 5.5em; font-size: 12px; }
        .row .track i { flex: none; height: 13px; min-width: 2px; border-radius: 2px; background: var(--grant); }
        .row .track i.deny { background: var(--deny); }
        .row .track span { color: var(--quiet); font-variant-numeric: tabular-nums; white-space: nowrap; margin-right: -5.5em; }
        svg text { fill: var(--ink); font-size: 13px; }
        svg .name { font-weight: 600; } svg .tick { fill: var(--quiet); font-size: 12px; font-variant-numeric: tabular-nums; }
        svg .grid { stroke: var(--line); stroke-dasharray: 2 3; } svg .base { stroke: var(--quiet); }
        rect.grant { fill: var(--grant); } rect.deny { fill: var(--deny); }
        .note, .none, footer { color: var(--quiet); margin: 0 0 8px; }
        .legend { margin: 0 0 4px; color: var(--quiet); font-size: 13px; }
        .legend span { margin-right: 14px; }
        .legend span::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 2px;
          margin-right: 6px; background: var(--grant); }
        .legend .deny::before { background: var(--deny); }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 16px; margin: 20px 0 0; }
        .figure { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px;
          border-top: 3px solid var(--line); }
        .granted { border-top-color: var(--grant); } .denied { border-top-color: var(--deny); }
        .figure dt { color: var(--quiet); } .figure dd { margin: 0; font-size: 28px; font-weight: 650; line-height: 1.25;
          font-variant-numeric: tabular-nums; }
        .figure small { display: block; min-height: 1.5em; font-size: 13px; font-weight: 400; color: var(--quiet); }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; } .root { overflow-wrap: anywhere; }
        table { border-collapse: collapse; width: 100%; font-size: 13.5px; margin-top: 8px; }
        th, td { text-align: left; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--faint); vertical-align: top; }
        thead th { color: var(--quiet); font-weight: 600; border-bottom-color: var(--line); white-space: nowrap; }
        tbody th { font-weight: 400; overflow-wrap: anywhere; }
        .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .t { white-space: nowrap; font-variant-numeric: tabular-nums; } .w { overflow-wrap: anywhere; min-width: 8em; }
        .y { min-width: 18em; }
        details { margin-top: 8px; } summary { color: var(--quiet); cursor: pointer; }
        summary:focus-visible { outline: 2px solid var(--grant); outline-offset: 2px; }
        footer { margin-top: 24px; font-size: 13px; } code { font-size: .95em; }
        @media (max-width: 640px) { body { padding: 16px 10px 32px; } section { padding: 14px; }
          .wide { display: none; } .narrow { display: block; }
          .row { grid-template-columns: minmax(0, 1fr); } .row .name { grid-row: auto; text-align: left; }
          details table { font-size: 12.5px; } details th, details td { padding-right: 6px; }
          .records thead { display: none; } .records, .records tbody { display: block; }
          .records tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--line); }
          .records td { display: grid; grid-template-columns: 6.5em minmax(0, 1fr); padding: 1px 0; border: 0; text-align: left;
            white-space: normal; overflow-wrap: anywhere; min-width: 0; }
          .records td.t { display: block; font-weight: 600; } .records td:empty { display: none; }
          .records td::before { content: attr(data-label); color: var(--quiet); } .records td.t::before { content: none; } }
        @media print { body { max-width: none; background: none; } section { break-inside: avoid; } }

        """
}

// SPDX-License-Identifier: Apache-2.0

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
        svg { display: block; width: 100%; min-width: 620px; height: auto; }
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
        .scroll { overflow-x: auto; }
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
        @media (max-width: 640px) { body { padding: 16px 10px 32px; } section { padding: 14px; } }
        @media print { body { max-width: none; background: none; } section { break-inside: avoid; } }

        """
}

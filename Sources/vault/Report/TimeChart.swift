// SPDX-License-Identifier: Apache-2.0

import TerminalKit

/// Grants and denials over time: two rows of columns above one axis, each with a scale of its own, since denials are few.
struct TimeChart {
    /// How wide a drawing is: one for a page, one for a telephone, of which the page's style shows one.
    private enum Form: CaseIterable {
        case wide
        case narrow

        var name: HTMLText { self == .wide ? "wide" : "narrow" }
        var width: Double { self == .wide ? 960 : 340 }
        var mostLabels: Int { self == .wide ? 8 : 2 }
    }

    private static let left = 56.0
    private static let right = 8.0
    private static let rowHeight = 130.0
    private static let gap = 34.0
    private static let top = 22.0

    private let span: TimeSpan
    private let columns: [(start: Int64, grants: Int, denials: Int, missing: Int)]

    init(_ span: TimeSpan, _ counts: [ReportData.Count]) {
        self.span = span
        var found: [Int64: ReportData.Count] = [:]
        for count in counts { if let start = Int64(count.key) { found[start] = count } }
        columns = span.columns.map { ($0, found[$0]?.grants ?? 0, found[$0]?.denials ?? 0, found[$0]?.missing ?? 0) }
    }

    var html: HTMLText {
        "<figure>\n\(Form.allCases.map(drawing))\(table)\n</figure>"
    }

    private func drawing(_ form: Form) -> HTMLText {
        let height = Self.top + 2 * Self.rowHeight + Self.gap + 30
        let grants = row("Grants", "grant", y: Self.top, columns.map(\.grants), form)
        let denials = row("Denials", "deny", y: Self.top + Self.rowHeight + Self.gap, columns.map(\.denials), form)
        return """
            <svg class="\(form.name)" viewBox="0 0 \(form.width) \(height)" role="img" \
            aria-label="Grants and denials over time: two rows of columns; each column is \(span.stepWords). The table below has \
            the numbers.">
            \(grants)\(denials)\(axis(y: height - 12, form))
            </svg>

            """
    }

    private func row(_ title: String, _ style: HTMLText, y: Double, _ values: [Int], _ form: Form) -> HTMLText {
        let scale = Scale(values.max() ?? 0)
        let bottom = y + Self.rowHeight
        var drawing: HTMLText = #"<text class="name" x="0" y="\#(y - 9)">\#(title)</text>"#
        for tick in scale.ticks {
            let at = bottom - Self.rowHeight * scale.part(of: tick)
            drawing += """
                <line class="\(tick == 0 ? "base" : "grid")" x1="\(Self.left)" x2="\(form.width - Self.right)" y1="\(at)" y2="\(at)"/>\
                <text class="tick" text-anchor="end" x="\(Self.left - 8)" y="\(at + 4)">\(tick.grouped)</text>
                """
        }
        let step = (form.width - Self.left - Self.right) / Double(max(values.count, 1))
        for (index, value) in values.enumerated() where value > 0 {
            // What is not nothing can be seen.
            let height = max(Self.rowHeight * scale.part(of: value), 1.5)
            let wide = min(max(step - 2, 1), 40)
            let x = Self.left + step * (Double(index) + 0.5) - wide / 2
            drawing += """
                <rect class="\(style)" x="\(x)" y="\(bottom - height)" width="\(wide)" height="\(height)" rx="1.5">\
                <title>\(span.label(columns[index].start)): \(value.grouped) \(title.lowercased())</title></rect>
                """
        }
        return drawing
    }

    /// As many labels as there is room for.
    private func axis(y: Double, _ form: Form) -> HTMLText {
        let step = (form.width - Self.left - Self.right) / Double(max(columns.count, 1))
        let every = (columns.count + form.mostLabels - 1) / form.mostLabels
        var drawing: HTMLText = ""
        for index in stride(from: 0, to: columns.count, by: max(every, 1)) {
            let x = Self.left + step * (Double(index) + 0.5)
            let anchor: HTMLText = index == 0 ? "start" : "middle"
            let at = index == 0 ? Self.left : x
            if index > 0, x > form.width - 60 { break }
            drawing +=
                #"<text class="tick" text-anchor="\#(anchor)" x="\#(at)" y="\#(y)">\#(span.label(columns[index].start))</text>"#
        }
        return drawing
    }

    private var table: HTMLText {
        let counts = columns.filter { $0.grants > 0 || $0.denials > 0 }.map { column in
            ReportData.Count(
                key: span.label(column.start), grants: column.grants, denials: column.denials, missing: column.missing)
        }
        return .table("Table: each line is \(span.stepWords)", "From", counts)
    }
}

/// An axis of counts from 0 to a round number.
struct Scale: Equatable {
    let ticks: [Int]

    init(_ most: Int) {
        // So far from the end of the numbers that the last tick fits, whatever a broker counts.
        let most = min(most, 1 << 60)
        var step = 1
        // 1, 2, 5, 10, 20, 50, …: at most four steps.
        while step * 4 < most {
            let digits = String(step)
            step = digits.hasPrefix("2") ? step / 2 * 5 : step * 2
        }
        let count = max((most + step - 1) / step, 1)
        ticks = (0...count).map { $0 * step }
    }

    /// How far up the axis, from 0 to 1.
    func part(of value: Int) -> Double { Double(value) / Double(ticks[ticks.count - 1]) }
}

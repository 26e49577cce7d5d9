// SPDX-License-Identifier: Apache-2.0

import JSONText
import VaultTestKit

/// Everything that was measured, as text and as JSON.
struct Table {
    struct Line {
        var measure: String
        var contender: String
        var unit: String
        var samples: Samples
        var besides: Besides?
        /// Against the contender that `measure` is about, where there are both.
        var ratios: [String] = []
        var missed = false
    }

    /// Of the load by which a line was measured: microseconds.
    struct Besides {
        /// The p99.9 of its calls.
        var tail: Samples?
        /// Processor time for each call: of the server with all that it started, of these alone, of the load generator.
        var server: Samples?
        var helpers: Samples?
        var load: Samples?

        var text: String {
            func median(_ samples: Samples?) -> String { samples.map { Table.number($0.median) } ?? "-" }
            let helped = helpers.map { $0.median >= 0.005 } == true ? " (\(median(helpers)) of it helpers)" : ""
            return Table.pad(left: median(tail), to: 10) + Table.pad(left: median(server), to: 9)
                + Table.pad(left: median(load), to: 9) + helped
        }

        var json: JSONValue {
            func values(_ samples: Samples?) -> JSONValue {
                .array((samples?.values ?? []).map { .double($0) })
            }
            return .object([
                "p999USec": values(tail), "serverCPUUSecPerCall": values(server),
                "helpersCPUUSecPerCall": values(helpers), "loadCPUUSecPerCall": values(load),
            ])
        }
    }

    private(set) var lines: [Line] = []

    mutating func add(_ line: Line) { lines.append(line) }

    mutating func add(contentsOf other: Table) { lines += other.lines }

    mutating func add(_ measure: String, _ value: Double, unit: String, of contender: String = "vaultd") {
        var samples = Samples()
        samples.add(value)
        lines.append(Line(measure: measure, contender: contender, unit: unit, samples: samples))
    }

    private static let heading =
        pad("", to: 70) + pad(left: "p99.9", to: 10) + pad(left: "CPU", to: 9) + pad(left: "load's", to: 9) + "\n"

    /// One block for each measure, columns aligned.
    var text: String {
        var text = ""
        var measure = ""
        for line in lines {
            if line.measure != measure {
                measure = line.measure
                text += "\n\(measure)\n"
                if line.besides != nil { text += Self.heading }
            }
            let spread =
                line.samples.values.count > 1
                ? "  (\(Self.number(line.samples.least)) to \(Self.number(line.samples.most)))" : ""
            let value = "\(Self.number(line.samples.median)) \(line.unit)"
            text += "  " + Self.pad(line.contender, to: 26) + Self.pad(left: value, to: 16) + Self.pad(spread, to: 26)
            if let besides = line.besides { text += besides.text }
            if !line.ratios.isEmpty { text += "  " + line.ratios.joined(separator: "; ") }
            text += "\n"
        }
        return text
    }

    var json: String {
        let measured = lines.map { line -> JSONValue in
            var members: JSONObject = [
                "measure": .string(line.measure), "contender": .string(line.contender), "unit": .string(line.unit),
                "median": .double(line.samples.median), "samples": .array(line.samples.values.map { .double($0) }),
                "ratios": .array(line.ratios.map { .string($0) }), "missed": .bool(line.missed),
            ]
            if let besides = line.besides { members["besides"] = besides.json }
            return JSONValue.object(members)
        }
        return JSONValue.array(measured).text
    }

    static func number(_ value: Double) -> String {
        if value.magnitude >= 100 { return grouped(Int(value.rounded())) }
        let hundredths = Int((value * 100).rounded())
        let fraction = hundredths.magnitude % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    private static func grouped(_ value: Int) -> String {
        var digits = Array(String(value))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return String(digits)
    }

    private static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func pad(left text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

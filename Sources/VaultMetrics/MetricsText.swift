// SPDX-License-Identifier: Apache-2.0

/// Samples as text, one a line, for who collects them.
package enum MetricsText: Sendable, CaseIterable {
    /// OpenMetrics 1.0.
    case openMetrics
    /// What Prometheus read before that, and other programs still do: version 0.0.4.
    case prometheus

    /// What all names begin with.
    package static let prefix = "vaultd_"

    package var contentType: String {
        switch self {
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        }
    }

    /// The whole text. The samples of a family stand together, as they were collected; a family without any is left out.
    package func text(_ samples: [MetricSample]) -> String {
        var text = ""
        var head: String?
        for sample in samples {
            let family = MetricFamily.ofSample(sample.name)
            let name = family?.name ?? sample.name
            if name != head { text += headLines(family, name) }
            head = name
            text += Self.prefix + sample.name
            if !sample.labels.isEmpty {
                let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
                text += "{\(labels.joined(separator: ","))}"
            }
            text += " \(sample.value.openMetrics())\n"
        }
        if self == .openMetrics { text += "# EOF\n" }
        return text
    }

    private func headLines(_ family: MetricFamily?, _ name: String) -> String {
        guard let family else {
            // Of a newer daemon.
            return "# TYPE \(Self.prefix)\(name) \(self == .openMetrics ? "unknown" : "untyped")\n"
        }
        // Before OpenMetrics the name of a counter was that of its sample.
        let suffix = self == .prometheus && family.kind == .counter ? "_total" : ""
        let name = Self.prefix + family.name + suffix
        var lines = "# HELP \(name) \(Self.escaped(family.help, quotes: self == .openMetrics))\n"
        lines += "# TYPE \(name) \(family.kind.rawValue)\n"
        if self == .openMetrics, let unit = family.unit { lines += "# UNIT \(name) \(unit)\n" }
        return lines
    }

    static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

extension MetricSample.Value {
    /// - Parameter isBound: of a bucket; OpenMetrics writes these as floating-point numbers.
    package func openMetrics(isBound: Bool = false) -> String {
        switch self {
        case .integer(let value): isBound ? "\(value).0" : "\(value)"
        case .real(let value): "\(value)"
        }
    }
}

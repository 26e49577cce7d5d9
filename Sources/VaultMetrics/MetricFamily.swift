// SPDX-License-Identifier: Apache-2.0

/// One family of the numbers that the vault tells of itself, as OpenMetrics has it.
package struct MetricFamily: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// Only grows, from 0 at each start of the daemon.
        case counter
        case gauge
        /// Counts by upper bounds, their sum, and how many there were.
        case histogram
        /// The sum and how many there were.
        case summary
    }

    /// What tells the samples of a family apart. The words that it may have are fixed when the program is built: none is a
    /// client's choice.
    package struct Label: Sendable, Equatable {
        package let name: String
        package let values: [String]
    }

    /// Without what all names begin with; it ends with its unit.
    package let name: String
    package let kind: Kind
    /// A base unit of OpenMetrics; nil for what is only counted.
    package let unit: String?
    /// One sentence.
    package let help: String
    package let label: Label?

    package init(
        _ name: String, _ kind: Kind, _ help: String, unit: String? = nil, label: String? = nil,
        values: [String] = []
    ) {
        self.name = unit.map { "\(name)_\($0)" } ?? name
        self.kind = kind
        self.unit = unit
        self.help = help
        self.label = label.map { Label(name: $0, values: values) }
    }

    /// What the names of its samples have behind its own.
    package var suffixes: [String] {
        switch kind {
        case .counter: ["_total"]
        case .gauge: [""]
        case .histogram: ["_bucket", "_count", "_sum"]
        case .summary: ["_count", "_sum"]
        }
    }

    /// The family that a sample belongs to, by the sample's whole name; nil for one that this version does not know.
    package static func ofSample(_ name: String) -> MetricFamily? { samples[name] }

    private static let samples = Dictionary(
        uniqueKeysWithValues: all.flatMap { family in family.suffixes.map { (family.name + $0, family) } })
}

/// One number at one moment.
package struct MetricSample: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        case integer(Int64)
        case real(Double)
    }

    /// The family's name, and what it is of the family.
    package let name: String
    package let labels: [Pair]
    package let value: Value

    package struct Pair: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(name: String, labels: [Pair], value: Value) {
        self.name = name
        self.labels = labels
        self.value = value
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Samples of families, as they are collected.
package struct MetricSamples: Sendable {
    package private(set) var all: [MetricSample] = []

    package init() {}

    /// A gauge, or the one number of a counter.
    package mutating func add(_ family: MetricFamily, _ value: some BinaryInteger, _ word: String? = nil) {
        add(family, family.suffixes[0], word, .integer(Int64(clamping: value)))
    }

    /// A gauge of so many microseconds, in seconds.
    package mutating func add(_ family: MetricFamily, microseconds: Int64) {
        add(family, "", nil, .real(Self.seconds(microseconds)))
    }

    package mutating func add(summary family: MetricFamily, _ word: String, count: UInt64, microseconds: Int64) {
        add(family, "_count", word, .integer(Int64(clamping: count)))
        add(family, "_sum", word, .real(Self.seconds(microseconds)))
    }

    /// - Parameters:
    ///   - bounds: upper ones, rising.
    ///   - counts: how many lie in each, and in the last beyond all of them.
    package mutating func add(
        histogram family: MetricFamily, bounds: [MetricSample.Value], counts: [UInt64], sum: MetricSample.Value
    ) {
        var count: UInt64 = 0
        for (place, own) in counts.enumerated() {
            count += own
            let bound = place < bounds.count ? bounds[place].openMetrics(isBound: true) : "+Inf"
            all.append(
                MetricSample(
                    name: family.name + "_bucket", labels: [.init("le", bound)],
                    value: .integer(Int64(clamping: count))))
        }
        add(family, "_count", nil, .integer(Int64(clamping: count)))
        add(family, "_sum", nil, sum)
    }

    private mutating func add(_ family: MetricFamily, _ suffix: String, _ word: String?, _ value: MetricSample.Value) {
        var labels: [MetricSample.Pair] = []
        if let word, let label = family.label { labels = [.init(label.name, word)] }
        all.append(MetricSample(name: family.name + suffix, labels: labels, value: value))
    }

    package static func seconds(_ microseconds: Int64) -> Double { Double(microseconds) / 1_000_000 }
}

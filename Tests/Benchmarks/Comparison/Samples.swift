// SPDX-License-Identifier: Apache-2.0

/// What was measured several times.
struct Samples {
    /// In the order in which they were measured.
    private(set) var values: [Double] = []

    mutating func add(_ value: Double) { values.append(value) }

    /// - Precondition: there is a sample.
    var median: Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    var least: Double { values.min() ?? 0 }
    var most: Double { values.max() ?? 0 }

    /// Each value against the one that was measured beside it.
    func ratios(to other: Samples) -> Samples {
        Samples(values: zip(values, other.values).map { $0 / $1 })
    }
}

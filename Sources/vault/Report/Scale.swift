// SPDX-License-Identifier: Apache-2.0

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

// SPDX-License-Identifier: Apache-2.0

/// Every decision that a history takes, as numbers: drawn from a seed and written down, or read from what was written.
///
/// Where a list has no more numbers the choice is 0, and 0 is the dullest of each choice (nothing fails, the oldest event
/// comes first), so that a history can be shortened by leaving numbers out.
package final class Choices {
    /// For each step the numbers that it took.
    package private(set) var history: [[UInt32]]
    /// nil when a history is replayed.
    private var random: SplitMix?
    private var step = -1
    private var place = 0
    /// Faults have stopped: every choice is 0, and none is written down.
    var isCalm = false

    package init(seed: UInt64) {
        history = []
        random = SplitMix(state: seed)
    }

    package init(history: [[UInt32]]) {
        self.history = history
    }

    func beginStep() {
        step += 1
        place = 0
        if random != nil { history.append([]) }
    }

    /// Whether a history that is replayed has another step.
    var hasMore: Bool { random != nil || step + 1 < history.count }

    /// A number from 0 to `count` - 1.
    func pick(_ count: Int) -> Int {
        guard !isCalm, count > 1 else { return 0 }
        if random != nil {
            let picked = UInt32(truncatingIfNeeded: (random?.next() ?? 0) >> 32) % UInt32(count)
            history[step].append(picked)
            return Int(picked)
        }
        guard step < history.count, place < history[step].count else { return 0 }
        defer { place += 1 }
        return Int(history[step][place]) % count
    }

    func pick<Element>(of elements: [Element]) -> Element { elements[pick(elements.count)] }

    /// True once in so many times.
    func isOne(in count: Int) -> Bool { pick(count) == count - 1 }
}

/// SplitMix64.
package struct SplitMix: RandomNumberGenerator {
    package var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

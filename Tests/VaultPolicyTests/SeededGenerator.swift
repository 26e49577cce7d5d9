// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Random numbers that a seed repeats (SplitMix64). `VAULT_SEED` sets it; a failing test prints it.
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64? = nil) {
        let fromEnvironment = getenv("VAULT_SEED").flatMap { UInt64(String(cString: $0)) }
        self.seed = seed ?? fromEnvironment ?? UInt64.random(in: 0...UInt64.max)
        state = self.seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in so many times.
    mutating func chance(_ times: Int) -> Bool { Int.random(in: 0..<times, using: &self) == 0 }

    /// Some of the elements, at least one.
    mutating func some<Element>(_ elements: [Element], most: Int = 2) -> [Element] {
        Array(elements.shuffled(using: &self).prefix(Int.random(in: 1...most, using: &self)))
    }

    mutating func one<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }

    /// How many random cases to try.
    static func cases(_ usual: Int, soak: Int) -> Int {
        getenv("VAULT_SOAK").map { String(cString: $0) } == "1" ? soak : usual
    }
}

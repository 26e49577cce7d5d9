// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The seed of a randomised test, printed so that a failure can be repeated: `VAULT_SEED=… swift test --filter …`.
package struct Seed: Sendable, CustomStringConvertible {
    package let value: UInt64

    package init(_ value: UInt64) {
        self.value = value
    }

    /// `VAULT_SEED`, else a new one; prints it.
    package init(for test: String = #function) {
        let given = getenv("VAULT_SEED").flatMap { UInt64(String(cString: $0)) }
        value = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("\(test): VAULT_SEED=\(value)")
    }

    package var generator: SeededGenerator { SeededGenerator(seed: value) }

    package var description: String { "VAULT_SEED=\(value)" }
}

/// SplitMix64: small, and the same everywhere.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Whether the long forms of tests run: `VAULT_SOAK=1`.
package enum Soak {
    package static var isOn: Bool { getenv("VAULT_SOAK").map { String(cString: $0) } == "1" }

    /// How often to do something: `small` by default, `full` in a soak.
    package static func count(_ small: Int, full: Int) -> Int { isOn ? full : small }
}

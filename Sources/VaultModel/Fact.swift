// SPDX-License-Identifier: Apache-2.0

/// Something about a process that was read, or could not be. That there is none (no label, no unit, no login uid) is
/// something known.
package enum Fact<Value: Sendable & Equatable>: Sendable, Equatable {
    case known(Value)

    /// Why it is not known.
    case unknown(String)

    package var value: Value? {
        switch self {
        case .known(let value): value
        case .unknown: nil
        }
    }
}

extension Fact {
    /// Why a fact is not known that nobody has read, since neither a rule nor the configuration asks for it.
    package static var notAsked: String { "neither a rule nor the configuration asks for it" }

    /// Why it is not known, if somebody tried to find out.
    package var problem: String? {
        guard case .unknown(let why) = self, why != Self.notAsked, why != Self.notRead else { return nil }
        return why
    }

    /// The reason of those that come without one.
    package static var notRead: String { "not read" }
}

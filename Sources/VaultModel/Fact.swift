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

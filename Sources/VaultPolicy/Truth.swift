// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Whether a condition holds, as far as can be known.
enum Truth: Sendable {
    case yes, no, unknown

    init(_ value: Bool) { self = value ? .yes : .no }

    /// Unknown is safe both ways: it makes a permit not match, and a forbid match.
    func counts(for effect: Effect) -> Bool {
        switch self {
        case .yes: true
        case .no: false
        case .unknown: effect == .forbid
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// A case written beside the rules: who asks for what, and what must come of it.
package struct PolicyTest: Sendable, Equatable {
    package enum Expectation: String, CaseIterable, Sendable {
        case permit, deny
    }

    package var subject: Subject
    package var action: Action
    /// nil for `admin` and `audit`.
    package var name: CapabilityName?
    /// nil: as much as may be had.
    package var rights: Rights?
    /// Microseconds of `CLOCK_REALTIME`; nil: whenever the test runs.
    package var atUSec: Int64?
    package var hasReason: Bool
    package var expectation: Expectation
    /// The rule that must have been charged, or must have forbidden it.
    package var rule: String?
    package var place: Place
}

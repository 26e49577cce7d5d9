// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// What is to be decided: who, what, and when.
package struct DecisionRequest: Sendable {
    package var identity: Identity
    package var action: Action
    /// Needed for every action that takes a capability, ignored for the others.
    package var name: CapabilityName?
    /// nil: as much as may be had.
    package var asked: Rights?
    /// What the capability has.
    package var offered: Rights
    /// Whether the caller gave a reason.
    package var hasReason: Bool
    /// Microseconds of `CLOCK_REALTIME`.
    package var wallUSec: Int64
    /// Microseconds of `CLOCK_BOOTTIME`.
    package var bootUSec: Int64
    /// False while the wall clock is behind what was already recorded.
    package var clockIsTrusted: Bool

    package init(
        identity: Identity, action: Action, name: CapabilityName? = nil, asked: Rights? = nil,
        offered: Rights = .all, hasReason: Bool = false, wallUSec: Int64, bootUSec: Int64, clockIsTrusted: Bool = true
    ) {
        self.identity = identity
        self.action = action
        self.name = name
        self.asked = asked
        self.offered = offered
        self.hasReason = hasReason
        self.wallUSec = wallUSec
        self.bootUSec = bootUSec
        self.clockIsTrusted = clockIsTrusted
    }
}

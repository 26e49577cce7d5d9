// SPDX-License-Identifier: Apache-2.0

/// What must hold whatever happens.
package enum Invariant: String, Sendable {
    /// Nothing is sent that is not recorded before, with this holder, name and rights; nothing twice for one record.
    case recorded
    /// Nothing is sent under a rule that was revoked, or under a permit that does not permit it any more.
    case permitted
    /// Counters never allow one more than allowed, over crashes too, and lose nothing.
    case counted
    /// Each call is answered once, with all of its names or none.
    case answers
    /// Each descriptor is sent or closed, once, and none is held for nobody.
    case descriptors
    /// What is on its way, unread, kept or made ahead is on an account, within its share, and given back.
    case accounts
    /// Each grant has one outcome, and the right one.
    case outcomes
    /// When faults stop, everybody is answered and the log is written.
    case liveness
    /// Leases that are over end, and those of grants that were not sent do not begin.
    case leases
    /// What was passed in is held from its record to that of its end, in one hand, and never in nobody's.
    case deposits
    /// The ledger gets one batch after the other.
    case log
}

/// An invariant that did not hold.
package struct Finding: Sendable, CustomStringConvertible {
    package let invariant: Invariant
    package let text: String

    package var description: String { "\(invariant.rawValue): \(text)" }
}

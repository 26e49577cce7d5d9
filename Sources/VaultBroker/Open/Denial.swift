// SPDX-License-Identifier: Apache-2.0

import VaultModel
import VaultPolicy

/// A call that the policy does not permit, on its way to its record and its answer.
struct Denial {
    let action: Action
    /// nil for what is not about a name.
    let name: CapabilityName?
    let asked: Rights?
    let decision: Decision
    /// The moment that was decided for: its record has that time, so that the decision can be made again.
    let moment: Moment
    /// The reason that the caller gave.
    var reason: String?
    /// What the caller can do about it; told only to those who may see the name.
    var hint: String?
    /// What the names before this one in the same call would have been charged, by rule. They were not granted either.
    var chargedBefore: [String: Int] = [:]
}

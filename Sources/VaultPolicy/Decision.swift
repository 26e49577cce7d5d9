// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// An answer of the policy, with what led to it.
package struct Decision: Sendable {
    /// Why the answer is what it is.
    package enum Reason: String, CaseIterable, Sendable {
        case permitted
        /// A forbid matched.
        case forbidden
        /// No permit is about this caller and this name.
        case noPermit = "no-permit"
        /// A permit would match, for fewer rights than were asked.
        case rightsExceeded = "rights-exceeded"
        /// A permit would match at another time.
        case outsideTimes = "outside-times"
        /// A permit would match, had a reason been given.
        case reasonRequired = "reason-required"
        /// A permit would match, but its uses, its outstanding grants or its rate are used up.
        case usedUp = "used-up"
    }

    /// As many rules, and as many failures, are listed.
    package static let maximumRules = 16
    package static let maximumFailures = 8

    package var why: Reason

    package var isPermitted: Bool { why == .permitted }

    /// What is granted; empty for a denial, and for an action that is not about rights.
    package var rights: Rights = []

    /// The ids of the rules that made it: the permits that match, the charged one first, and the forbids that took
    /// rights away; or the forbids that denied it.
    package var rules: [String] = []

    /// How many rules matched beyond those in `rules`.
    package var rulesMore = 0

    /// Of a denial for want of a permit: what failed, in the rules about the name.
    package var failed: [SelectorFailure] = []

    /// How many rules about the name did not match beyond those in `failed`.
    package var failedMore = 0

    /// Of a denial since something is used up: what, and when there is room again.
    package var usedUp: UsedUp?

    var compiledCharge: CompiledRule?

    /// Of a permit: which facts about the caller it rests on. Those that the charged rule selects by, and those by which
    /// forbids about the name and the action did not match.
    package var kinds: SelectorKinds = []

    /// Of a permit: as long as the policy and who calls are the same, it is decided so at any time and however often: of the
    /// rules about the name and the caller none has times or counts.
    package var isLasting = false

    /// The permit to whose account it goes; nil for a denial.
    package var charged: Rule? { compiledCharge?.rule }

    /// Its id.
    package var chargedID: String? { compiledCharge?.id }

    /// Whether the grant is to be followed until it ends: it has a lease, or counts as long as it is out.
    package var isFollowed: Bool { compiledCharge?.isFollowed ?? false }

    /// How long the grant lasts; nil: no limit. Microseconds.
    package var leaseUSec: Int64? { compiledCharge?.said.content.conditions.leaseUSec }

    /// How far the lease can be renewed in all; without `max-lease` no further than it first lasts. Microseconds.
    package var maxLeaseUSec: Int64? {
        compiledCharge.flatMap { $0.said.content.conditions.maxLeaseUSec ?? $0.said.content.conditions.leaseUSec }
    }
}

extension Decision {
    /// Whether the permit that was charged covers a request by itself, whatever it counts.
    package func chargedCovers(_ request: borrowing DecisionRequest) -> Bool {
        guard let rule = compiledCharge, rule.isAbout(request) else { return false }
        return Candidate(rule, request, available: request.offered, UnusedCounters()) != nil
    }
}

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

// SPDX-License-Identifier: Apache-2.0

internal import VaultInterface

/// A capability that the caller may see.
public struct Capability: Equatable, Sendable {
    public let name: String
    /// `file`, `fifo`, `pipe`, `listener`, `memory` or `helper`; a later broker may know more.
    public let kind: String
    /// The rights that it has. What the caller may have can be less.
    public let rights: Rights
    /// `opened` by the broker itself; a later broker may know more.
    public let origin: String
    /// How it is handed out, as in ``Grant/delivery``.
    public let delivery: Delivery
    /// What a revocation does, as in ``Grant/revocation``.
    public let revocation: String
    /// `ready`, `closed` (opened when it is asked for), `opening`, `stale` (its path names another file now) or `failed`.
    public let state: String
    /// Why it is not ready.
    public let problem: String?

    init(_ capability: BrokerInterface.Capability) {
        name = capability.name
        kind = capability.kind
        rights = Rights(known: capability.rights)
        origin = capability.origin
        delivery = Delivery(rawValue: capability.delivery)
        revocation = capability.revocation
        state = capability.state
        problem = capability.problem
    }
}

// SPDX-License-Identifier: Apache-2.0

public import Descriptors
internal import VaultInterface

/// A capability that the caller may see.
public struct Capability: Equatable, Sendable {
    public let name: String
    /// `file`, `fifo`, `pipe`, `listener`, `memory`, `helper` or `deposit`; a later broker may know more.
    public let kind: String
    /// The rights that it has. What the caller may have can be less.
    public let rights: Rights
    /// `opened` by the broker itself, or `deposited` by a client; a later broker may know more.
    public let origin: String
    /// How it is handed out, as in ``Grant/delivery``.
    public let delivery: Delivery
    /// What a revocation does, as in ``Grant/revocation``.
    public let revocation: String
    /// `ready`, `closed` (opened when it is asked for), `opening`, `stale` (its path names another file now) or `failed`. Of a deposit:
    /// `ready`, `taken` (another is about to have it for itself) or `hung-up`.
    public let state: String
    /// Why it is not ready.
    public let problem: String?
    /// Of a deposit: by whom, until when, and what it is.
    public let deposit: Deposit?

    /// What is known of a deposit.
    public struct Deposit: Equatable, Sendable {
        /// What the descriptor is, such as `pipe` or `tcp-listener`.
        public let type: String
        /// Who passed it in.
        public let uid: UInt32
        public let user: String?
        public let deposited: WallTime
        /// When it goes by itself; `nil`: it stays.
        public let expires: WallTime?
        /// The name that it is to have with the program that gets it (`LISTEN_FDNAMES`).
        public let descriptorName: String?
    }

    init(_ capability: BrokerInterface.Capability) {
        name = capability.name
        kind = capability.kind
        rights = Rights(known: capability.rights)
        origin = capability.origin
        delivery = Delivery(rawValue: capability.delivery)
        revocation = capability.revocation
        state = capability.state
        problem = capability.problem
        deposit = capability.descriptor.map { type in
            Deposit(
                type: type, uid: UInt32(clamping: capability.depositor ?? 0), user: capability.depositorName,
                deposited: WallTime(microseconds: Int64(capability.depositedUSec ?? 0)),
                expires: capability.expiresUSec.map { WallTime(microseconds: Int64($0)) },
                descriptorName: capability.fdName)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

public import Descriptors
internal import VaultInterface

/// A descriptor that was granted, and what is to be known about it.
///
/// It owns the descriptor: take that out, or it is closed with the grant.
///
///     let grant = try client.open("logs/web/access")
///     let bytes = try grant.descriptor.readAll()
public struct Grant: ~Copyable, Sendable {
    /// The name that was asked for.
    public let name: String
    /// The descriptor, close-on-exec.
    public var descriptor: OwnedDescriptor
    /// The rights that the descriptor has.
    public let rights: Rights
    /// What the descriptor is: `file`, `fifo`, `pipe`, `listener`, `memory`, `helper` or `deposit`; a later broker may know more.
    public let kind: String
    /// Whether others have the same open file description.
    public let delivery: Delivery
    /// What a revocation does to the descriptor: `none`, or `shutdown` of a listening Unix socket, for all who have it; a later
    /// broker may know more.
    public let revocation: String
    /// The number of the grant in the audit log.
    public let record: Int
    /// Until when the grant holds, where its rule says so.
    public let lease: Lease?
    /// Of a deposit: who passed it in. Others whom rules let deposit the name could have.
    public let depositor: UInt32?
    /// Of a deposit: the name that its depositor gave it, for the program that gets it.
    public let descriptorName: String?

    init(_ grant: BrokerInterface.Grant, _ descriptor: consuming OwnedDescriptor) {
        name = grant.name
        self.descriptor = descriptor
        rights = Rights(known: grant.rights)
        kind = grant.kind
        delivery = Delivery(rawValue: grant.delivery)
        revocation = grant.revocation
        record = grant.record
        lease = grant.lease.map(Lease.init)
        depositor = grant.depositor.map { UInt32(clamping: $0) }
        descriptorName = grant.fdName
    }

    /// Gives up the grant for its descriptor.
    public consuming func takeDescriptor() -> OwnedDescriptor {
        descriptor
    }
}

/// How a descriptor was handed out.
public struct Delivery: RawRepresentable, Hashable, Sendable {
    /// As the interface has it; a later broker may know more.
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// An open file description of its own: its offset and flags are the holder's alone.
    public static let fresh = Delivery(rawValue: "fresh")
    /// One that others have, too.
    public static let shared = Delivery(rawValue: "shared")
}

/// Until when a grant holds.
public struct Lease: Equatable, Sendable {
    public let id: String
    /// When it ends. `nil`: with its holder, or by revocation.
    public let expires: WallTime?
    /// Until when it can be renewed. `nil`: not at all.
    public let renewable: WallTime?

    init(_ lease: BrokerInterface.Lease) {
        id = lease.id
        expires = lease.expiresUSec.map { WallTime(microseconds: Int64($0)) }
        renewable = lease.renewableUSec.map { WallTime(microseconds: Int64($0)) }
    }
}

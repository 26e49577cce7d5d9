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
    public let rights: [String]
    /// What the descriptor is: `file`, `fifo`, `pipe`, `listener`, `memory`, `helper` and others.
    public let kind: String
    /// `fresh`: an open file description of its own; `shared`; `relay`; `revocable`.
    public let delivery: String
    /// What a revocation can do to the descriptor: `none`, `shutdown`, `relay`, `ioctl`, `hangup`, `seal`.
    public let revocation: String
    /// The number of the grant in the audit log.
    public let record: Int
    /// Until when the grant holds, where its rule says so.
    public let lease: Lease?

    init(_ grant: BrokerInterface.Grant, _ descriptor: consuming OwnedDescriptor) {
        name = grant.name
        self.descriptor = descriptor
        rights = grant.rights
        kind = grant.kind
        delivery = grant.delivery
        revocation = grant.revocation
        record = grant.record
        lease = grant.lease.map(Lease.init)
    }

    /// Gives up the grant for its descriptor.
    public consuming func takeDescriptor() -> OwnedDescriptor {
        descriptor
    }
}

/// Until when a grant holds.
public struct Lease: Equatable, Sendable {
    public let id: String
    /// In microseconds since 1970. `nil`: it ends with its holder, or by revocation.
    public let expiresUSec: Int?
    /// Until when it can be renewed, likewise. `nil`: not at all.
    public let renewableUSec: Int?

    init(_ lease: BrokerInterface.Lease) {
        id = lease.id
        expiresUSec = lease.expiresUSec
        renewableUSec = lease.renewableUSec
    }
}

// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// Why a deposit goes without having been taken.
package enum DepositEnd: String, Sendable {
    /// Somebody who may had it removed.
    case asked
    /// Its time has come.
    case time
    /// Its other end has hung up, and it was to be held until then.
    case hungUp = "hung-up"
    /// The policy declares something else of this name.
    case declared
    /// While it was being recorded the rule that let it was revoked.
    case revoked
    /// The broker has been started anew, and the service manager did not keep its descriptor.
    case lost
}

/// How a client's descriptor was judged.
package struct JudgedDeposit {
    package var holding: any Holding
    package var type: String
    /// Just what it carries: it is handed out as it is.
    package var rights: Rights
    /// The access mode and the status flags (`F_GETFL`) with which it came.
    package var flags: Int32
    /// Its inode, where it has one of its own.
    package var inode: UInt64?
    /// What a rule has to say for it to be taken.
    package var needs: RiskyDeposits
    package var opened: Record.Opened?

    package init(
        holding: any Holding, type: String, rights: Rights, flags: Int32, inode: UInt64? = nil,
        needs: RiskyDeposits = [], opened: Record.Opened? = nil
    ) {
        self.holding = holding
        self.type = type
        self.rights = rights
        self.flags = flags
        self.inode = inode
        self.needs = needs
        self.opened = opened
    }

    /// Whether this can be what was deposited then: it says no more than that, since many have the same type and access mode.
    package func confirms(_ stored: StoredDeposit) -> Bool {
        type == stored.type && rights.words == stored.rights && inode == stored.inode
            && (flags ^ stored.flags) & Self.accessMode == 0
    }

    /// `O_ACCMODE`.
    private static let accessMode: Int32 = 3
}
/// Why a descriptor is not one that can be deposited, for who passed it.
package struct InvalidDeposit: Error, Equatable, Sendable {
    package var message: String
    package init(_ message: String) { self.message = message }
}

/// What the core needs of the outside for descriptors that clients pass in.
package protocol DepositPort: AnyObject {
    /// Looks at one, without ever hanging; whatever becomes of it, it is closed where that may take its time.
    func judge(_ descriptor: any PassableDescriptor) -> Result<JudgedDeposit, InvalidDeposit>
    /// It is held from now on: the service manager keeps it under this id, and where the other end hangs up
    /// ``BrokerCore/hungUp(_:)`` is called.
    func keeps(_ holding: any Holding, id: String)
    /// It is not held any more: nor does the service manager keep it.
    func gaveUp(id: String)
    /// What the service manager kept of a deposit of an earlier run, judged again; nil: nothing. To be asked once.
    func kept(_ stored: StoredDeposit) -> Result<JudgedDeposit, InvalidDeposit>?
    /// Gives up what it kept and nobody asked for.
    /// - Returns: the names under which it did.
    func dropRest() -> [String]
}

/// How many deposits there may be.
package struct DepositLimits: Sendable {
    package var inAll: Int
    package var perUser: Int

    package init(inAll: Int, perUser: Int) {
        self.inAll = inAll
        self.perUser = perUser
    }
}

extension Record.StoredDescriptor {
    /// - Parameter withRights: with what it carries, as one that can be had from now on.
    init(_ stored: StoredDeposit, withRights: Bool) {
        self = .deposit(
            CapabilityText(
                name: stored.name, kind: CapabilityKind.deposit.rawValue, rights: withRights ? stored.rights : nil,
                delivery: withRights ? Delivery.shared.rawValue : nil),
            Record.DepositText(
                id: stored.id, type: stored.type, expiresUSec: withRights ? stored.expiresUSec : nil),
            deposited: stored.record)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Records
import VaultLedger
import VaultModel

/// One change of the policy on its way: what it makes of the stored policy, and how it is recorded.
struct PolicyChange {
    /// Who asked for it; nil for the daemon itself.
    var author: Session?
    var reason: String?
    /// What the stored policy becomes, at the next revision.
    var policy: StoredPolicy
    var added: [StoredCapability]
    /// The files, when the change brings new ones.
    var files: [StoredFile]?
    /// When the rules are applied that the change brings, if it brings some.
    var anchor: TimeAnchor?
    /// What the ledger stores beside the revision.
    var changes: [StateChange] = []
    /// The record of it, made of who, why and which revision.
    var record: (Record.Revision) -> Record
}

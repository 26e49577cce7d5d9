// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Records
import VaultCore
import VaultLedger
import VaultModel
import VaultPolicy

/// Everything that a policy is made of, and what it was compiled to. A change makes a new value, which is swapped in whole.
struct PolicyInForce: Sendable {
    /// What the ledger holds.
    var stored = StoredPolicy.none
    /// Capabilities that were added by command, beside those of the files.
    var added: [StoredCapability] = []
    /// Of the files alone, as a policy directory is hashed: whether they are what one holds.
    var filesSHA256 = ""
    var compiled = CompiledPolicy(rules: [], revision: 0, sha256: "")
    var capabilities: [Capability] = []
    /// What was wrong with what is stored, the last time it was read: a user who is gone, a key of another version.
    var problems: [PolicyProblem] = []
    /// Capabilities that will not be opened when they are asked for, by the texts of their paths.
    var placeProblems: [PolicyProblem] = []

    var revision: Int { stored.revision }

    /// How records name the policy that decided.
    var stamp: PolicyStamp { PolicyStamp(revision: compiled.revision, sha256: compiled.sha256) }

    /// What another policy has that this one has not, and the other way round.
    func changes(to other: PolicyInForce) -> [Change] {
        Change.changes(
            from: (capabilities, compiled.rules), to: (other.capabilities, other.compiled.rules))
    }
}

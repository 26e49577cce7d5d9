// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// What is wanted of the policy: by who administers the vault, by the policy directory, or by the daemon itself.
package enum PolicyAct {
    /// One rule more, as a policy file would hold it.
    case addRule(document: String)
    /// A rule that was suspended holds again.
    case resume(rule: String)
    /// Rules less: those that are chosen when it is the act's turn.
    case revoke((PolicyInForce) -> Result<[Rule], PolicyRefusal>)
    /// Files in place of those that are in force. With a directory they are what it holds, and it is their source.
    case replaceFiles([StoredFile], of: DirectoryFiles?)
    /// What the directory holds, if that is other than when it was applied last; else the names and zones of the texts in
    /// force are looked up again, though not at a start, when that was done just now.
    case reread(DirectoryFiles?, isStart: Bool)
    case addCapability(Capability)
    case removeCapability(CapabilityName)
    /// The rules by which the owner may do everything.
    case restoreOwner(uid: UInt32, isRecovery: Bool)
    /// The log goes on as another though it is not what was signed: what may have been lost is taken for the worst.
    case accept(
        LogFinding, owner: UInt32, record: (Record.Revision) -> Record, changes: (UInt64) -> [StateChange])

    /// Whether its outcome is told by what is other than before.
    var tellsChanges: Bool {
        switch self {
        case .replaceFiles, .reread: true
        case .addRule, .resume, .revoke, .addCapability, .removeCapability, .restoreOwner, .accept: false
        }
    }
}

/// Why an act was not done. Nothing of it is in force or recorded then.
package enum PolicyRefusal: Error {
    case notFound(String)
    /// Who asked for it is not permitted to any more, or is not who it was.
    case notPermitted
    case nameTaken(String)
    /// What is wrong, with its remedy. What was built is there where it came that far.
    case problems([PolicyProblem], BuiltPolicy? = nil)
    /// The record could not be made durable.
    case auditUnavailable(String)

    static let nobodyAdministers = because(
        "nobody could administer the vault under this policy", remedy: "keep a rule that permits [admin] to somebody")

    /// A refusal that is about no line of a file.
    package static func because(_ message: String, remedy: String) -> PolicyRefusal {
        .problems([PolicyProblem(path: "", line: 0, column: 0, message: message, remedy: remedy)])
    }
}

/// What an act did, or with a dry run would do.
package struct PolicyOutcome {
    /// What was in force when it was the act's turn.
    package let before: PolicyInForce
    /// What the act made of it.
    package let built: BuiltPolicy
    /// The index of the act's record; nil: there is none, since nothing changed, it was a dry run, or the log cannot be
    /// written.
    package internal(set) var record: UInt64?
    /// A revocation is in `STATE/revoked`, so that it holds over a crash, record or not.
    package internal(set) var isKept = false
    /// The rule that was added.
    package internal(set) var rule: Rule?
    /// The files are the directory's.
    package internal(set) var isDirectorys = false
    /// What a revocation meets that is out already.
    package internal(set) var out = WhatIsOut()

    init(before: PolicyInForce, built: BuiltPolicy) {
        self.before = before
        self.built = built
    }

    /// What is other than before. Where it was not found when the policy was built, it takes time for every rule.
    package var changes: [Change] { built.changes ?? before.changes(to: built.policy) }
}

/// What went out under rules that are taken away.
package struct WhatIsOut {
    /// So many grants went to one user under one rule since the daemon started.
    package struct Sent {
        package let rule: String
        package let uid: UInt32
        package let count: Int
        /// How many of them are followed as leases.
        package let leases: Int
        /// How many of them left no descriptor, but what it holds.
        package let contents: Int
    }

    /// Leases that end with the rules.
    package var leases: [Lease] = []
    package var sent: [Sent] = []
    /// Capabilities whose sockets are shut down.
    package var cut: [CapabilityEntry] = []
}

/// Who changes the policy.
package protocol AuthorPort: AnyObject {
    var identity: Identity { get }
    /// How the record names it: with all that was read of it.
    var authorText: PeerText { get }
    /// Whether it is who it was, and may administer the vault under the policy in force. Asked in the turn of an act, and again
    /// when it is about to take effect.
    func mayStillAct() -> Bool
}

/// What administration needs of the outside.
package protocol PolicyPort: AnyObject {
    /// Reads the texts of a policy, resolves its names and compiles it, away from the loop: `done` is called in a later turn.
    func build(_ wanted: PolicyBuild, _ done: @escaping (BuiltPolicy) -> Void)
    /// Reads one rule, away from the loop.
    func read(
        rule document: String, defaultID: String, _ done: @escaping (Result<Rule, PolicyRefusal>) -> Void)
    /// The hash of a stored policy's texts, as ``StoredPolicy/sha256`` has it.
    func digest(_ stored: StoredPolicy) -> String
    /// Writes a revocation to `STATE/revoked`; `done` hears its number, or nil where it could not be written.
    func keep(_ revoked: RevokedRules, _ done: @escaping (UInt64?) -> Void)
    /// Forgets the revocations up to this number, which are recorded by now.
    func forget(revocationsThrough number: UInt64)
    /// Another policy is in force, and these entries are new with it.
    func adopted(_ added: [CapabilityEntry])
    /// Shuts down what is held, for everybody who has it.
    func cut(_ holding: any Holding)
}

/// A policy that is to be built.
package struct PolicyBuild: Sendable {
    package var stored: StoredPolicy
    package var added: [StoredCapability]
    /// The files come from outside, and are checked in full.
    package var filesAreNew = false
    /// Every name and zone is looked up. Otherwise only those of texts that were not read before; but where one of them has come
    /// to mean another id, all are.
    package var looksAgain = false
    /// What the outcome is compared with, where it is to be told.
    package var before: PolicyInForce?
    /// It will not be in force: what is known of the texts in force stays known.
    package var isTrial = false

    package init(_ stored: StoredPolicy, _ added: [StoredCapability]) {
        self.stored = stored
        self.added = added
    }
}

/// A revocation as `STATE/revoked` holds it: the rules that were taken away, which policy they were in, and why.
///
/// An entry can outlive the record of its revocation: after a crash between the two, or where it could not be cleared. By then
/// a rule of the same id may have been granted anew, or resumed, and that is another rule. What tells them apart is the
/// revision: an entry is about rules as they were at it, and not about one that was taken away after it.
package struct RevokedRules: Equatable, Sendable {
    package var ids: [String]
    package var reason: String?
    /// The revision of the policy that was stored when they were revoked; nil in an entry of a version that did not write it.
    package var revision: Int?

    package init(ids: [String], reason: String?, revision: Int?) {
        self.ids = ids
        self.reason = reason
        self.revision = revision
    }
}

/// An entry of `STATE/revoked` as a start finds it.
package struct KeptRevocation: Sendable {
    package var number: UInt64
    package var rules: RevokedRules
    /// Rules of which the ledger tells that they were taken away after the revision that the entry names.
    package var takenAwaySince: Set<String>

    package init(number: UInt64, rules: RevokedRules, takenAwaySince: Set<String>) {
        self.number = number
        self.rules = rules
        self.takenAwaySince = takenAwaySince
    }

    /// What is still to be taken away: what has the id now of a rule that was taken away since came later.
    package var due: RevokedRules {
        var due = rules
        if !isPlanted(.staleEntryObeyed) { due.ids.removeAll(where: takenAwaySince.contains) }
        return due
    }
}

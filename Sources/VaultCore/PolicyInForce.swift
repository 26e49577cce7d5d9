// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// Everything that a policy is made of, and what it was compiled to. A change makes a new value, which is swapped in whole.
package struct PolicyInForce: Sendable {
    /// What the ledger holds.
    package var stored = StoredPolicy.none
    /// Capabilities that were added by command, beside those of the files.
    package var added: [StoredCapability] = []
    /// Of the files alone, as a policy directory is hashed: whether they are what one holds.
    package var filesSHA256 = ""
    package var compiled = CompiledPolicy(rules: [], revision: 0, sha256: "")
    package var capabilities: [Capability] = []
    /// What was wrong with what is stored, the last time it was read: a user who is gone, a key of another version.
    package var problems: [PolicyProblem] = []
    /// Capabilities that will not be opened when they are asked for, by the texts of their paths.
    package var placeProblems: [PolicyProblem] = []

    package init() {}

    package init(stored: StoredPolicy, added: [StoredCapability]) {
        self.stored = stored
        self.added = added
    }

    package var revision: Int { stored.revision }

    /// What another policy has that this one has not, and the other way round.
    package func changes(to other: PolicyInForce) -> [Change] {
        Change.changes(
            from: (capabilities, compiled.rules), to: (other.capabilities, other.compiled.rules))
    }
}

/// A policy made of texts: read, its names resolved, compiled.
package struct BuiltPolicy: Sendable {
    package var policy: PolicyInForce
    /// Names that mean another id than what is stored, or were not stored.
    package var resolved: [ResolvedName] = []
    /// Names that are stored and that nothing uses any more.
    package var forgotten: [ResolvedName] = []
    /// Errors and warnings of everything that was read.
    package var problems: [PolicyProblem] = []
    /// What is other than in the policy that it was to be compared with; nil where there was none.
    package var changes: [Change]?
    /// How many texts were read for it; the others were known from before.
    package var textsRead = 0

    package init(
        _ policy: PolicyInForce, resolved: [ResolvedName] = [], forgotten: [ResolvedName] = [],
        problems: [PolicyProblem] = []
    ) {
        self.policy = policy
        self.resolved = resolved
        self.forgotten = forgotten
        self.problems = problems
    }

    package var errors: [PolicyProblem] { problems.filter { $0.severity == .error } }
}

/// What was in a policy directory when it was read.
package struct DirectoryFiles: Sendable {
    package var path: String
    package var sha256: String
    package var files: [StoredFile]

    package init(path: String, sha256: String, files: [StoredFile]) {
        self.path = path
        self.sha256 = sha256
        self.files = files
    }
}

extension Rule {
    /// Where it comes from: a place in a file, or how it was made.
    package var whence: String {
        guard case .file(let path) = origin, let place else { return "\(origin)" }
        return "\(path):\(place.line)"
    }
}

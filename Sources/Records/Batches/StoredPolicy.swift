// SPDX-License-Identifier: Apache-2.0

package import VaultModel

/// A policy as it was in force at one revision, enough to apply it again.
package struct StoredPolicy: Sendable, Equatable {
    /// 0 where no policy was ever stored.
    package var revision: Int
    package var sha256: String
    /// The files of the last apply at or before this revision, in the order of their paths.
    package var files: [StoredFile]
    /// When the files were applied, on both clocks.
    package var filesAnchor: TimeAnchor?
    /// The rules that were made by commands, in the order they were added.
    package var rules: [StoredRule]
    package var suspensions: [Suspension]
    package var names: [ResolvedName]

    package static let none = StoredPolicy(
        revision: 0, sha256: "", files: [], rules: [], suspensions: [], names: [])

    package init(
        revision: Int, sha256: String, files: [StoredFile], rules: [StoredRule], suspensions: [Suspension],
        names: [ResolvedName], filesAnchor: TimeAnchor? = nil
    ) {
        self.revision = revision
        self.sha256 = sha256
        self.files = files
        self.rules = rules
        self.suspensions = suspensions
        self.names = names
        self.filesAnchor = filesAnchor
    }
}

/// A revision of the policy: who made it, when and why, and the record that tells of it.
package struct PolicyRevision: Sendable, Equatable {
    /// Counts from 1.
    package var revision: Int
    /// The hash of the policy as a whole, as decisions name it.
    package var sha256: String
    /// The type of the record that made this revision, such as `policy.apply` or `rule.add`.
    package var cause: RecordType
    package var timeUSec: Int64
    /// The index of that record.
    package var record: UInt64
    /// Who asked for it; nil for the daemon itself.
    package var uid: UInt32?
    package var user: String?
    package var reason: String?
    /// The files, where this revision applied some; nil where it keeps those of the revision before.
    package var files: [StoredFile]?
    /// When its rules were applied, on both clocks; nil where it brings none, or the wall clock was not to be trusted.
    package var anchor: TimeAnchor?

    package init(
        revision: Int, sha256: String, cause: RecordType, timeUSec: Int64, record: UInt64, uid: UInt32? = nil,
        user: String? = nil, reason: String? = nil
    ) {
        self.revision = revision
        self.sha256 = sha256
        self.cause = cause
        self.timeUSec = timeUSec
        self.record = record
        self.uid = uid
        self.user = user
        self.reason = reason
    }
}

/// One policy file exactly as it was applied.
package struct StoredFile: Sendable, Hashable {
    package var path: String
    package var text: String

    package init(path: String, text: String) {
        self.path = path
        self.text = text
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.path.isSame(as: right.path) && left.text.isSame(as: right.text)
    }
}

/// A rule that lives in the store and in no file.
package struct StoredRule: Sendable, Hashable {
    package var id: String
    /// The rule as a policy file would hold it.
    package var document: String
    /// Where it came from, such as `granted` or `bootstrap`.
    package var origin: String
    package var addedRevision: Int
    /// That of the revision that added it.
    package var anchor: TimeAnchor?

    package init(id: String, document: String, origin: String, addedRevision: Int, anchor: TimeAnchor? = nil) {
        self.id = id
        self.document = document
        self.origin = origin
        self.addedRevision = addedRevision
        self.anchor = anchor
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.id.isSame(as: right.id) && left.addedRevision == right.addedRevision && left.anchor == right.anchor
            && left.origin == right.origin && left.document.isSame(as: right.document)
    }
}

/// A rule, of a file or of the store, that is kept from permitting until it is resumed.
package struct Suspension: Sendable, Hashable {
    package var rule: String
    package var addedRevision: Int
    package var reason: String?

    package init(rule: String, addedRevision: Int, reason: String? = nil) {
        self.rule = rule
        self.addedRevision = addedRevision
        self.reason = reason
    }
}

/// What a user or group name meant when the policy was applied.
package struct ResolvedName: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable { case user, group }

    package var kind: Kind
    package var name: String
    package var id: UInt32

    package init(kind: Kind, name: String, id: UInt32) {
        self.kind = kind
        self.name = name
        self.id = id
    }
}

/// The content of a policy directory, by hash, when it was applied last.
package struct PolicyDirectoryState: Sendable, Hashable {
    package var path: String
    package var sha256: String
    package var revision: Int

    package init(path: String, sha256: String, revision: Int) {
        self.path = path
        self.sha256 = sha256
        self.revision = revision
    }
}

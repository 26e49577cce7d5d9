// SPDX-License-Identifier: Apache-2.0

package import VaultModel

/// How often a rule was used, in all or within a window of its `rate`.
package struct RuleCounter: Sendable, Hashable {
    package var rule: String
    /// The uid that is counted, or nil where the rule counts all of them together.
    package var principal: UInt32?
    /// The length of the window in microseconds; 0 counts for the life of the rule.
    package var windowUSec: Int64
    package var used: UInt64
    /// When the window began (`CLOCK_REALTIME`, microseconds); 0 without a window.
    package var startedUSec: Int64

    package init(rule: String, principal: UInt32?, used: UInt64, windowUSec: Int64 = 0, startedUSec: Int64 = 0) {
        self.rule = rule
        self.principal = principal
        self.used = used
        self.windowUSec = windowUSec
        self.startedUSec = startedUSec
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
        user: String? = nil, reason: String? = nil, files: [StoredFile]? = nil, anchor: TimeAnchor? = nil
    ) {
        self.revision = revision
        self.sha256 = sha256
        self.cause = cause
        self.timeUSec = timeUSec
        self.record = record
        self.uid = uid
        self.user = user
        self.reason = reason
        self.files = files
        self.anchor = anchor
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

/// A capability that was added to the running vault and stands in no file.
package struct StoredCapability: Sendable, Hashable {
    package var name: String
    package var document: String
    /// The index of its `capability.add` record.
    package var record: UInt64

    package init(name: String, document: String, record: UInt64) {
        self.name = name
        self.document = document
        self.record = record
    }
}

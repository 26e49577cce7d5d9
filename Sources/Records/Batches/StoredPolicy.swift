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

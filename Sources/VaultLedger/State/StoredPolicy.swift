// SPDX-License-Identifier: Apache-2.0

internal import TransparencyLog
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

    /// SHA-256, in lowercase digits, over all texts that make the policy, in a fixed order and each with its length before
    /// it. ``sha256`` is what the record of the revision says it was.
    package var digest: String {
        var bytes: [UInt8] = []
        func add(_ text: String) {
            bytes += "\(text.utf8.count):".utf8
            bytes += text.utf8
        }
        for file in files.sorted(by: { $0.path < $1.path }) {
            add(file.path)
            add(file.text)
        }
        for rule in rules.sorted(by: { $0.id < $1.id }) { add(rule.document) }
        for suspension in suspensions.map(\.rule).sorted() { add(suspension) }
        return TreeHash.digest(of: bytes).hexadecimal
    }
}

// SPDX-License-Identifier: Apache-2.0

import Records
internal import TransparencyLog

extension StoredPolicy {
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

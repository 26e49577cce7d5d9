// SPDX-License-Identifier: Apache-2.0

import JSONText
import TransparencyLog

/// Where a query goes on: an index, and the beginning of the hash of the record before it, by which a log that is another
/// one, or was cut, is told from this one.
struct AuditCursor: Equatable {
    /// The record to go on with.
    var index: UInt64
    /// Eight hexadecimal digits; nil at the beginning of the log.
    var before: String?

    init(index: UInt64, before: TreeHash?) {
        self.index = index
        self.before = before.map(Self.digits)
    }

    /// Nil for a text of another form.
    init?(_ text: String) {
        let parts = text.split(at: ":", omittingEmpty: false)
        guard parts.count == (parts.dropFirst().first == "0" ? 2 : 3), parts[0] == "i", let index = UInt64(parts[1]),
            "\(index)" == parts[1]
        else { return nil }
        self.index = index
        before = parts.count == 3 ? String(parts[2]) : nil
    }

    var text: String { before.map { "i:\(index):\($0)" } ?? "i:\(index)" }

    func follows(_ hash: TreeHash) -> Bool { before == Self.digits(of: hash) }

    private static func digits(of hash: TreeHash) -> String { String(hash.hexadecimal.prefix(8)) }
}

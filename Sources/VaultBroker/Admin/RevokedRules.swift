// SPDX-License-Identifier: Apache-2.0

import JSONText
import VaultCore
import VaultLedger

/// An entry of `STATE/revoked`, or several that belong together.
extension RevokedRules {
    init?(text: String) {
        guard let value = try? JSONValue(parsing: text), let ids = value["rules"]?.array else { return nil }
        self.init(
            ids: ids.compactMap(\.string), reason: value["reason"]?.string,
            revision: value["revision"]?.integer.flatMap { Int(exactly: $0) })
    }

    /// In parts of which each fits into a slot, with some of the rules.
    var texts: [String] {
        var parts: [String] = []
        var ids = ids[...]
        repeat {
            // An id has at most 128 bytes, and none that JSON escapes; the quotes and the comma come to that.
            var size = text(of: []).utf8.count
            let part = ids.prefix { id in
                size += id.utf8.count + 3
                return size <= RevocationJournal.textLimit
            }
            parts.append(text(of: part))
            ids = ids.dropFirst(max(1, part.count))
        } while !ids.isEmpty
        return parts
    }

    private func text(of ids: ArraySlice<String>) -> String {
        var object: JSONObject = ["rules": .array(ids.map { .string($0) })]
        object["revision"] = revision.map { .integer(Int64($0)) }
        // A long reason must not keep the revocation out of its slot. Scalars, since a character has no longest.
        object["reason"] = reason.map { .string(String(String.UnicodeScalarView($0.unicodeScalars.prefix(200)))) }
        return JSONValue.object(object).text
    }
}

// SPDX-License-Identifier: Apache-2.0

import JSONText
import VaultCore

/// An entry of `STATE/revoked`.
extension RevokedRules {
    init?(text: String) {
        guard let value = try? JSONValue(parsing: text), let ids = value["rules"]?.array else { return nil }
        self.init(
            ids: ids.compactMap(\.string), reason: value["reason"]?.string,
            revision: value["revision"]?.integer.flatMap { Int(exactly: $0) })
    }

    var text: String {
        var object: JSONObject = ["rules": .array(ids.map { .string($0) })]
        object["revision"] = revision.map { .integer(Int64($0)) }
        // A long reason must not keep the revocation out of its slot. Scalars, since a character has no longest.
        object["reason"] = reason.map { .string(String(String.UnicodeScalarView($0.unicodeScalars.prefix(200)))) }
        return JSONValue.object(object).text
    }
}

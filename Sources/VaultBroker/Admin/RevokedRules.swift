// SPDX-License-Identifier: Apache-2.0

import JSONText

/// A revocation as `STATE/revoked` holds it: the rules that were taken away, and why.
struct RevokedRules: Equatable {
    var ids: [String]
    var reason: String?

    init(ids: [String], reason: String?) {
        self.ids = ids
        self.reason = reason
    }

    init?(text: String) {
        guard let value = try? JSONValue(parsing: text), let ids = value["rules"]?.array else { return nil }
        self.ids = ids.compactMap(\.string)
        reason = value["reason"]?.string
    }

    var text: String {
        var object: JSONObject = ["rules": .array(ids.map { .string($0) })]
        // A long reason must not keep the revocation out of its slot.
        object["reason"] = reason.map { .string(String($0.prefix(200))) }
        return JSONValue.object(object).text
    }
}

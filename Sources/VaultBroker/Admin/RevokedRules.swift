// SPDX-License-Identifier: Apache-2.0

import JSONText

/// A revocation as `STATE/revoked` holds it: the rules that were taken away, which policy they were in, and why.
///
/// An entry can outlive the record of its revocation: after a crash between the two, or where it could not be cleared. By then
/// a rule of the same id may have been granted anew, or resumed, and that is another rule. What tells them apart is the
/// revision: an entry is about rules as they were at it, and not about one that was taken away after it.
struct RevokedRules: Equatable {
    var ids: [String]
    var reason: String?
    /// The revision of the policy that was stored when they were revoked; nil in an entry of a version that did not write it.
    var revision: Int?

    init(ids: [String], reason: String?, revision: Int?) {
        self.ids = ids
        self.reason = reason
        self.revision = revision
    }

    init?(text: String) {
        guard let value = try? JSONValue(parsing: text), let ids = value["rules"]?.array else { return nil }
        self.ids = ids.compactMap(\.string)
        reason = value["reason"]?.string
        revision = value["revision"]?.integer.flatMap { Int(exactly: $0) }
    }

    var text: String {
        var object: JSONObject = ["rules": .array(ids.map { .string($0) })]
        object["revision"] = revision.map { .integer(Int64($0)) }
        // A long reason must not keep the revocation out of its slot. Scalars, since a character has no longest.
        object["reason"] = reason.map { .string(String(String.UnicodeScalarView($0.unicodeScalars.prefix(200)))) }
        return JSONValue.object(object).text
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Builds the text of one record, key by key, in the order of the documentation.
///
/// What is not applicable is left out. `finish()` gives the bytes that are stored and hashed.
package struct RecordText: Sendable {
    /// The most bytes a record may have.
    package static let limit = 16 * 1024

    private var writer = JSONWriter()
    private var cuts: [CutField] = []

    package init(index: UInt64, type: RecordType, timeUSec: Int64, bootTimeUSec: Int64, bootID: String) {
        writer.beginObject()
        writer.key("v")
        writer.integer(1)
        writer.key("index")
        writer.integer(Int64(index))
        writer.key("type")
        writer.string(type.rawValue)
        writer.key("timeUSec")
        writer.integer(timeUSec)
        writer.key("bootTimeUSec")
        writer.integer(bootTimeUSec)
        writer.key("bootId")
        writer.string(bootID)
    }

    /// The call that this record belongs to: all records of one call have the same.
    package mutating func request(_ id: String) {
        writer.key("request")
        writer.string(id)
    }

    package mutating func policy(revision: Int, sha256: String) {
        writer.key("policy")
        writer.beginObject()
        writer.key("revision")
        writer.integer(Int64(revision))
        writer.key("sha256")
        writer.string(sha256)
        writer.endObject()
    }

    package mutating func peer(_ peer: PeerText) {
        writer.key("peer")
        writer.raw(peer.json)
        cuts += peer.truncated
    }

    package mutating func capability(
        name: String, kind: String? = nil, rights: [String]? = nil, delivery: String? = nil
    ) {
        writer.key("capability")
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.endObject()
    }

    package mutating func decision(permit: Bool) {
        writer.key("decision")
        writer.string(permit ? "permit" : "deny")
    }

    package mutating func rules(_ ids: [String]) {
        writer.key("rules")
        writer.beginArray()
        for id in ids { writer.string(id) }
        writer.endArray()
    }

    package mutating func charged(_ rule: String) {
        writer.key("charged")
        writer.string(rule)
    }

    /// The first eight findings; `more` counts those that the caller left out already.
    package mutating func failed(_ findings: [RecordFinding], more: Int = 0) {}

    package mutating func reason(_ text: String) {
        writer.key("reason")
        writer.string(text)
    }

    package mutating func lease(id: String, expiresUSec: Int64?) {}

    package mutating func value(_ key: StaticString, string: String) {}
    package mutating func value(_ key: StaticString, integer: Int64) {}

    package consuming func finish() -> [UInt8] {
        writer.endObject()
        return writer.bytes
    }
}

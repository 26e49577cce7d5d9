// SPDX-License-Identifier: Apache-2.0

import JSONText
import VaultModel

extension Identity {
    /// As `WhoAmI` tells it, in the words of the records: what is known (null: known to be none), and under `unknown` why
    /// the rest is not.
    var described: JSONObject {
        var object: JSONObject = [
            "uid": .integer(Int64(uid)), "gid": .integer(Int64(gid)),
            "groups": .array(groups.map { .integer(Int64($0)) }), "pid": .integer(Int64(pid)),
            "pin": .string(pin.rawValue),
        ]
        var unknown = JSONObject()
        object["user"] = userName.map { .string($0) }
        object["pidfdInode"] = pidfdInode.map { .integer(Int64(clamping: $0)) }
        func tell<Value>(_ key: String, _ fact: Fact<Value>, _ convert: (Value) -> JSONValue?) {
            switch fact {
            case .known(let value): object[key] = convert(value) ?? .null
            case .unknown(let why): unknown[key] = .string(why)
            }
        }
        tell("label", label) { $0.map { .string($0) } }
        tell("cgroup", cgroup) { $0.map { .string($0) } }
        tell("unit", unit) { $0.map { .string($0) } }
        tell("loginuid", loginuid) { $0.map { .integer(Int64($0)) } }
        tell("session", session) { $0.map { .integer(Int64($0)) } }
        tell("namespace", namespace) { .string($0) }
        tell("exe", exe) { .string($0) }
        tell("exeSha256", exeSHA256) { .string($0) }
        // As it was called before, and as rules call it.
        tell("sha256", exeSHA256) { .string($0) }
        if !idMapIsIdentity { object["idMap"] = "partial" }
        object["unknown"] = .object(unknown)
        return object
    }
}

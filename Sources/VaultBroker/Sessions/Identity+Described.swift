// SPDX-License-Identifier: Apache-2.0

import JSONText
import VaultInterface
import VaultModel

extension Identity {
    /// As `WhoAmI` tells it, in the words of the records: what is known, in `none` what is known not to be there (null
    /// besides), and in `unknown` why the rest is not known.
    var described: JSONObject {
        var unknown: [String: String] = [:]
        var none: [String] = []
        func value<Value>(_ key: String, _ fact: Fact<Value?>) -> Value? {
            switch fact {
            case .known(let value?): return value
            case .known(nil): none.append(key)
            case .unknown(let why): unknown[key] = why
            }
            return nil
        }
        func value<Value>(_ key: String, _ fact: Fact<Value>) -> Value? {
            if case .unknown(let why) = fact { unknown[key] = why }
            return fact.value
        }
        if userName == nil { unknown["user"] = "no name of this user was found" }
        if pidfdInode == nil { unknown["pidfdInode"] = "the kernel does not tell it" }
        let wire = BrokerInterface.Identity(
            uid: Int(uid), gid: Int(gid), groups: groups.map(Int.init), pid: Int(pid), pin: pin.rawValue,
            user: userName, pidfdInode: pidfdInode.map(Int.init(clamping:)), label: value("label", label),
            cgroup: value("cgroup", cgroup), unit: value("unit", unit),
            loginuid: value("loginuid", loginuid).map(Int.init),
            session: value("session", session).map(Int.init), namespace: value("namespace", namespace),
            exe: value("exe", exe), exeSha256: value("exeSha256", exeSHA256), sha256: value("sha256", exeSHA256),
            container: value("container", container), pod: value("pod", pod),
            idMap: idMapIsIdentity ? nil : "partial", none: none, unknown: unknown)
        var object = wire.jsonValue.object ?? [:]
        for key in none { object[key] = .null }
        return object
    }
}

// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Names of users and groups, each looked up once in a run.
final class NameLookup {
    private let resolver: any NameResolver
    private var users: [String: UInt32?] = [:]
    private var groups: [String: UInt32?] = [:]

    init(_ resolver: some NameResolver) { self.resolver = resolver }

    func user(_ name: String) throws(InvalidText) -> NamedID {
        try check(name, "user", "uid")
        if users[name] == nil { users[name] = .some(resolver.uid(ofUser: name)) }
        guard let id = users[name] ?? nil else {
            throw InvalidText("there is no user '\(name)'", remedy: "create the user, or select by uid")
        }
        return NamedID(name: name, id: id)
    }

    func group(_ name: String) throws(InvalidText) -> NamedID {
        try check(name, "group", "gid")
        if groups[name] == nil { groups[name] = .some(resolver.gid(ofGroup: name)) }
        guard let id = groups[name] ?? nil else {
            throw InvalidText("there is no group '\(name)'", remedy: "create the group, or select by gid")
        }
        return NamedID(name: name, id: id)
    }

    /// A user by name or by number.
    func userOrID(_ text: String) throws(InvalidText) -> NamedID {
        if let id = try? ScalarText.id(text) { return NamedID(id: id) }
        return try user(text)
    }

    private func check(_ name: String, _ what: String, _ key: String) throws(InvalidText) {
        guard name.utf8.contains(where: { $0 < UInt8(ascii: "0") || $0 > UInt8(ascii: "9") }) else {
            throw InvalidText("'\(name)' is a number, not the name of a \(what)", remedy: "write \(key): \(name)")
        }
        guard !name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: ":") }) else {
            throw InvalidText("'\(name)' cannot be the name of a \(what)", remedy: "write the name as it is")
        }
    }
}

/// Finds the ids of names. A resolver that knows ids from before answers with them for names that are gone.
package protocol NameResolver {
    func uid(ofUser name: String) -> UInt32?
    func gid(ofGroup name: String) -> UInt32?
}

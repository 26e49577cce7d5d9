// SPDX-License-Identifier: Apache-2.0

import Glibc
import VaultModel

/// Names of users and groups, each looked up once in a run.
final class NameLookup {
    private let resolver: any NameResolver
    private var users: [String: UInt32?] = [:]
    private var groups: [String: UInt32?] = [:]
    /// What was asked for since somebody emptied it.
    var used = LookedUp()

    init(_ resolver: some NameResolver) { self.resolver = resolver }

    func user(_ name: String) throws(InvalidText) -> NamedID {
        let id = try Self.find(name, "user", "uid", &users, resolver.uid)
        used.users[name] = id.id
        return id
    }

    func group(_ name: String) throws(InvalidText) -> NamedID {
        let id = try Self.find(name, "group", "gid", &groups, resolver.gid)
        used.groups[name] = id.id
        return id
    }

    /// Whether names still mean what they meant.
    func stillMeans(_ lookedUp: LookedUp) -> Bool {
        resolver.recalls(lookedUp)
            || (lookedUp.users.allSatisfy { name, id in (try? user(name))?.id == id }
                && lookedUp.groups.allSatisfy { name, id in (try? group(name))?.id == id })
    }

    /// A user by name or by number.
    func userOrID(_ text: String) throws(InvalidText) -> NamedID {
        if let id = try? ScalarText.id(text) { return NamedID(id: id) }
        return try user(text)
    }

    /// A group by name or by number.
    func groupOrID(_ text: String) throws(InvalidText) -> NamedID {
        if let id = try? ScalarText.id(text) { return NamedID(id: id) }
        return try group(text)
    }

    private static func find(
        _ name: String, _ what: String, _ key: String, _ found: inout [String: UInt32?], _ lookUp: (String) -> UInt32?
    ) throws(InvalidText) -> NamedID {
        guard name.utf8.contains(where: { !isDigit($0) }) else {
            throw InvalidText("'\(name)' is a number, not the name of a \(what)", remedy: "write \(key): \(name)")
        }
        guard !name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: ":") }) else {
            throw InvalidText("'\(name)' cannot be the name of a \(what)", remedy: "write the name as it is")
        }
        let id = found[name] ?? lookUp(name)
        found[name] = .some(id)
        guard let id else {
            throw InvalidText("there is no \(what) '\(name)'", remedy: "create the \(what), or select by \(key)")
        }
        return NamedID(name: name, id: id)
    }
}

/// On what a text rests beside itself: what its names and zones meant when it was read.
package struct LookedUp: Sendable {
    package var users: [String: UInt32] = [:]
    package var groups: [String: UInt32] = [:]
    var zones: [String: Zone] = [:]
}

/// Finds the ids of names. A resolver that knows ids from before answers with them for names that are gone.
package protocol NameResolver {
    func uid(ofUser name: String) -> UInt32?
    func gid(ofGroup name: String) -> UInt32?
    /// Whether all of these names are known to mean this, so that they need not be looked up.
    func recalls(_ lookedUp: LookedUp) -> Bool
}

extension NameResolver {
    package func recalls(_ lookedUp: LookedUp) -> Bool { false }
}

/// Takes every name for somebody's: for the policy of another host, whose users and groups are not known here. Each has
/// an id of its own, which no system gives; `root` has 0.
package final class UnknownNames: NameResolver {
    private var users: [String: UInt32] = ["root": 0]
    private var groups: [String: UInt32] = ["root": 0]

    package init() {}

    package func uid(ofUser name: String) -> UInt32? { Self.id(of: name, in: &users) }
    package func gid(ofGroup name: String) -> UInt32? { Self.id(of: name, in: &groups) }

    private static func id(of name: String, in known: inout [String: UInt32]) -> UInt32 {
        let id = known[name] ?? 0xFFFF_0000 - UInt32(known.count)
        known[name] = id
        return id
    }
}

/// The users and groups of the system (`getpwnam_r`, `getgrnam_r`). A look-up can take long (it may ask a network
/// service), so it is never done on the event loop.
package struct SystemNames: NameResolver, Sendable {
    package init() {}

    package func uid(ofUser name: String) -> UInt32? {
        Self.find(passwd(), \.pw_uid) { getpwnam_r(name, $0, $1, $2, $3) }
    }

    package func gid(ofGroup name: String) -> UInt32? {
        Self.find(group(), \.gr_gid) { getgrnam_r(name, $0, $1, $2, $3) }
    }

    /// Runs a look-up with a buffer that grows until the entry (a group can have many members) fits.
    private static func find<Entry>(
        _ entry: Entry, _ id: KeyPath<Entry, UInt32>,
        _ lookUp: (
            UnsafeMutablePointer<Entry>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
        ) -> CInt
    ) -> UInt32? {
        var entry = entry
        var size = 4096
        while size <= 16 << 20 {
            var buffer = [CChar](repeating: 0, count: size)
            var found: UnsafeMutablePointer<Entry>?
            let code = lookUp(&entry, &buffer, size, &found)
            if code == EINTR { continue }
            guard code == ERANGE else { return found?.pointee[keyPath: id] }
            size *= 4
        }
        return nil
    }
}

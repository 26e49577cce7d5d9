// SPDX-License-Identifier: Apache-2.0

import Glibc
import TerminalKit

/// Users and groups by their names, as the system knows them (getpwnam(3), getgrnam(3), getgrouplist(3)).
enum UserName {
    static func uid(of name: String) throws -> UInt32 {
        if let entry = getpwnam(name) { return entry.pointee.pw_uid }
        if let number = UInt32(name) { return number }
        throw Failure(.usage, "there is no user '\(name)'", next: "--uid, with the number")
    }

    static func gid(of name: String) throws -> UInt32 {
        if let entry = getgrnam(name) { return entry.pointee.gr_gid }
        if let number = UInt32(name) { return number }
        throw Failure(.usage, "there is no group '\(name)'", next: "--group, with the number")
    }

    /// The groups of a user, his own first; none if there is no such user.
    static func groups(of name: String) -> [UInt32] {
        guard let entry = getpwnam(name) else { return [] }
        let own = entry.pointee.pw_gid
        var count: CInt = 0
        getgrouplist(name, own, nil, &count)
        // It cannot tell a user in fewer groups than none: the second call has the room that the first one asked for.
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard getgrouplist(name, own, &groups, &count) >= 0 else { return [own] }
        let others = groups.prefix(Int(count)).filter { $0 != own }
        return [own] + others
    }
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import TerminalKit

/// A user's or a group's numbers by its name, as the system knows them (getpwnam(3), getgrnam(3), getgrouplist(3)). Run by
/// verbs that ask about somebody.
struct AccountLookup: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Print the numbers of a user or a group; nothing if there is none.")

    enum Kind: String, ExpressibleByArgument {
        case user, group
    }

    @Argument(help: "user: his number and those of his groups, his own first. group: its number.")
    var kind: Kind

    @Argument(help: "The name.")
    var name: String

    func run() throws {
        let numbers =
            switch kind {
            case .user: Self.user(name)
            case .group: Self.group(name)
            }
        guard !numbers.isEmpty else { return }
        try StandardOutput.print(numbers.map(String.init).joined(separator: " "))
    }

    private static func group(_ name: String) -> [gid_t] { getgrnam(name).map { [$0.pointee.gr_gid] } ?? [] }

    private static func user(_ name: String) -> [UInt32] {
        guard let entry = getpwnam(name) else { return [] }
        let (uid, own) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        var count: CInt = 0
        getgrouplist(name, own, nil, &count)
        // It cannot tell a user in fewer groups than none: the second call has the room that the first one asked for.
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard getgrouplist(name, own, &groups, &count) >= 0 else { return [uid, own] }
        return [uid, own] + groups.prefix(Int(count)).filter { $0 != own }
    }
}

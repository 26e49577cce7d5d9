// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultInterface

/// Somebody about whom a question is asked. What is not said is unknown: a permit that selects on it does not match, and
/// a forbid does.
struct SubjectOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The user, by name, with the groups that the system gives him.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("The user, by number.", valueName: "uid"))
    var uid: UInt32?

    @Option(help: ArgumentHelp("A group, by name or number; again for more.", valueName: "group"))
    var group: [String] = []

    @Option(help: ArgumentHelp("The security label.", valueName: "label"))
    var label: String?

    @Option(help: ArgumentHelp("The control group.", valueName: "path"))
    var cgroup: String?

    @Option(help: ArgumentHelp("The systemd unit.", valueName: "unit"))
    var unit: String?

    @Option(help: ArgumentHelp("The login user, by number.", valueName: "uid"))
    var loginuid: UInt32?

    @Option(help: ArgumentHelp("The program.", valueName: "path"), completion: .file())
    var exe: String?

    @Option(help: ArgumentHelp("The SHA-256 of the program.", valueName: "hex"))
    var sha256: String?

    @Option(help: ArgumentHelp("The container, by its whole id.", valueName: "id"))
    var container: String?

    @Option(help: ArgumentHelp("The Kubernetes pod.", valueName: "uid"))
    var pod: String?

    @Option(help: ArgumentHelp("The namespace: host, or a number.", valueName: "namespace"))
    var namespace: String?

    /// `nil` when nothing was said.
    func subject() throws -> AdminInterface.Subject? {
        var groups = try group.map { try UserName.gid(of: $0) }
        let uid = try user.map { try UserName.uid(of: $0) } ?? uid
        if let user { groups = try UserName.groups(of: user) + groups }
        let subject = AdminInterface.Subject(
            uid: uid.map(Int.init), gid: groups.first.map(Int.init),
            groups: groups.count > 1 ? groups.dropFirst().map(Int.init) : nil, label: label, cgroup: cgroup, unit: unit,
            loginuid: loginuid.map(Int.init), exe: exe, namespace: namespace,
            sha256: sha256?.lowercased(), container: container, pod: pod)
        return subject == AdminInterface.Subject() ? nil : subject
    }
}

/// Users and groups by their names, as the system knows them. `vault-offline` looks them up: where the system has them
/// from, nsswitch.conf(5), is a matter of libraries, and this program may be linked without any.
enum UserName {
    static func uid(of name: String) throws -> UInt32 {
        if let uid = try lookUp("user", name).first { return uid }
        if let number = UInt32(name) { return number }
        throw Failure(.usage, "there is no user '\(name)'", next: "--uid, with the number")
    }

    static func gid(of name: String) throws -> UInt32 {
        if let gid = try lookUp("group", name).first { return gid }
        if let number = UInt32(name) { return number }
        throw Failure(.usage, "there is no group '\(name)'", next: "--group, with the number")
    }

    /// The groups of a user, his own first; none if there is no such user.
    static func groups(of name: String) throws -> [UInt32] { Array(try lookUp("user", name).dropFirst()) }

    private static func lookUp(_ kind: String, _ name: String) throws -> [UInt32] {
        let numbers = try OfflineProgram.run(["account", kind, "--", name], catchingOutput: true) { _ in }
        return numbers.split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
    }
}

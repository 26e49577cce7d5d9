// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FDHolderProtocol
import TerminalKit
import VaultModel

/// `vault import`: what others decide by, as a policy.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a policy of another program's rules.",
        discussion: """
              vault import s6-rules /service/fdholder/rules
            """,
        subcommands: [S6RulesVerb.self])
}

/// `vault import s6-rules`: the rules of s6-fdholderd.
struct S6RulesVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "s6-rules",
        abstract: "Make a policy file of the rules of an s6-fdholderd.",
        discussion: """
            For vaultd's s6-socket, at which clients of s6-fdholderd connect. The policy permits no more than the rules did. \
            What of them it cannot say stands in it as a comment, and on standard error: then the exit status is 1.

            An expression becomes patterns of names where it is made of text, alternatives, '^', '$' and '.*'. In s6 a group is \
            a client's primary one: here it is the users who have it in /etc/passwd.

              vault import s6-rules /service/fdholder/rules
              vault import s6-rules --uid 0 --out s6.yaml /service/fdholder/rules
            """)

    @Option(
        help: ArgumentHelp("The file; - for standard output, as without this.", valueName: "path"), completion: .file())
    var out: String?

    /// What that was called.
    @Option(help: .hidden)
    var output: String?

    @Option(help: ArgumentHelp("What the names begin with, as in s6-socket of vaultd.yaml.", valueName: "name"))
    var prefix = "s6"

    @Option(help: ArgumentHelp("The user that s6-fdholderd ran as, for uid/self.", valueName: "uid"))
    var uid: UInt32?

    @Option(help: ArgumentHelp("The group that s6-fdholderd ran as, for gid/self.", valueName: "gid"))
    var gid: UInt32?

    @Argument(help: "The directory of the rules.", completion: .directory)
    var directory: String

    func run() throws {
        let names: FDHolderNames
        do {
            names = try FDHolderNames(prefix: prefix)
        } catch {
            throw Failure(.usage, error.message, next: error.remedy)
        }
        let rules = try S6Rules(directory, ownUID: uid, ownGID: gid)
        let users = try PasswordFile()
        let policy = S6Policy(rules, names, primary: users.users(ofPrimary:))
        try OutputFile.write(policy.text(of: directory), to: out ?? output ?? "-")
        for remark in policy.remarks {
            StandardOutput.writeErrorLine(
                "vault: import s6-rules: \(remark.message.escaped)\nTry: \(remark.remedy.escaped)")
        }
        if policy.remarks.contains(where: \.isNarrower) { throw ExitCode(1) }
    }
}

/// `/etc/passwd`, as it lies there: users of a directory service are not in it.
private struct PasswordFile {
    private var users: [UInt32: [UInt32]] = [:]

    init() throws(Failure) {
        let text = try InputFile.read("/etc/passwd", as: "the system's users", limit: 64 << 20)
        for line in text.split(at: "\n") {
            let fields = line.split(at: ":", omittingEmpty: false)
            guard fields.count > 3, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]), uid < .max else {
                continue
            }
            users[gid, default: []].append(uid)
        }
    }

    func users(ofPrimary gid: UInt32) -> [UInt32] { Array(Set(users[gid] ?? [])).sorted() }
}

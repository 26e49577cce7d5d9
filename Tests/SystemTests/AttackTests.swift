// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// "Attacks are tests, with real processes": each is a program in `Tests/Attacks`, run against a real daemon as the users
/// that it needs, and each leaves its trace in the log.
@Suite(
    .enabled(
        if: Command.canChangeUser && Programs.python != nil,
        "needs root, setpriv and python3: attackers are other users"))
struct AttackTests {
    private static let user: UInt32 = 4711
    private static let stranger: UInt32 = 4712
    private static let group: UInt32 = 4800
    private static let denied = JSONValue("io.vaultd.Broker.Denied")
    private static let hungUp: JSONValue = "hung up"
    private static let secret: JSONValue = "secret\n"

    /// A daemon, and the attacks where every user can run them.
    private struct Field {
        let daemon: Daemon
        let python: FilePath

        static func prepare() async throws -> Field {
            let found = try #require(Programs.python)
            let python = FilePath(try #require(realPath(of: found)))
            var options = StandardVault.options
            options.policies = [
                "attacked.yaml": """
                vault: 1
                capabilities:
                  - name: attacked/by-user
                    file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
                  - name: attacked/by-program
                    file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
                  - name: attacked/by-group
                    file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
                rules:
                  - { id: to-the-user, permit: [open], capability: attacked/by-user, to: { uid: \(user) } }
                  - id: to-a-program-of-the-user
                    permit: [open]
                    capability: attacked/by-program
                    to: { uid: \(user), exe: \(python) }
                  - { id: to-the-group, permit: [open], capability: attacked/by-group, to: { gid: \(group) } }
                """
            ]
            options.files = ["secret.txt": "secret\n"]
            let daemon = try await Daemon.start(options)
            for file in directoryEntries(Programs.checkout.appending("Tests/Attacks")) where file.hasSuffix(".py") {
                let text = try WholeFile.text(Programs.checkout.appending("Tests/Attacks").appending(file))
                try daemon.directory.write(text, to: file, mode: 0o644)
            }
            return Field(daemon: daemon, python: python)
        }

        /// A copy of the Python interpreter at a path of its own.
        func otherPython(_ name: String, owner: UInt32 = 0, mode: mode_t = 0o755) throws -> FilePath {
            let copy = daemon.directory.path(name)
            let program = try OwnedDescriptor.open(python)
            let contents = try program.readAll(limit: 1 << 26)
            let file = try OwnedDescriptor.open(copy, flags: O_WRONLY | O_CREAT, mode: 0o700)
            try file.writeAll(contents.span)
            try SystemCall.check(file.withUnsafeNumber { fchown($0, owner, owner) } == 0 ? 0 : errno)
            try SystemCall.check(file.withUnsafeNumber { fchmod($0, mode) } == 0 ? 0 : errno)
            return copy
        }

        /// What the attack found, which it says in JSON.
        func attack(
            _ name: String, _ arguments: [String] = [], uid: UInt32? = nil, below wrapper: [String] = []
        ) async throws -> JSONValue {
            let script = daemon.directory.path("\(name).py").string
            let line = wrapper + [python.string, script] + arguments
            let program = try #require(Command.find(line[0]))
            let result = try await daemon.client(program, Array(line.dropFirst()), uid: uid).run()
            guard result.status.isSuccess else {
                throw DaemonFailure(what: "\(name): \(result.text)\(result.errorText)", log: daemon.log)
            }
            return try JSONValue(parsing: Array(result.text.utf8))
        }

        /// The newest record of a type.
        func record(_ type: String) async throws -> JSONValue {
            let list = try await daemon.vault("audit", "list", "--type", type, "--output", "jsonl")
            let line = try #require(list.text.split(separator: "\n").last, "no \(type): \(list.errorText)\(daemon.log)")
            return try JSONValue(parsing: Array(line.utf8))
        }

        /// Whether a record says that somebody was refused for who they were.
        func expectRefusal(of uid: UInt32, saying problem: String) async throws {
            let refusal = try await record("identity.refused")
            #expect(refusal["peer"]?["uid"] == .integer(Int64(uid)))
            #expect(refusal["problem"]?.string?.contains(problem) == true, "\(refusal.text)")
        }
    }

    private static func realPath(of path: FilePath) -> String? {
        guard let resolved = realpath(path.string, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    @Test("A program executed after connecting does not get what the one that connected may have")
    func execAfterConnect() async throws {
        let field = try await Field.prepare()
        let other = try field.otherPython("other-python")
        let found = try await field.attack("exec_after_connect", [other.string], uid: Self.user)
        #expect(found["before"] == Self.secret)
        #expect(found["by_program"] == Self.denied)
        #expect(found["afterwards"] == Self.hungUp)
        #expect(found["by_user"] == Self.secret, "the user's own right does not hang on the program")
        // The grant was recorded before the last check, and did not leave.
        try await waitUntil("the log to tell why") {
            let deliveries = try await field.daemon.vault("audit", "list", "--type", "delivery", "--output", "jsonl")
            return deliveries.text.contains(#""reason":"identity""#)
        }
    }

    @Test("A connection that was given to a process of another user serves nobody")
    func connectionGivenAway() async throws {
        let field = try await Field.prepare()
        let found = try await field.attack("given_away", ["\(Self.user)", "\(Self.stranger)"])
        #expect(found["given"] == Self.hungUp)
        #expect(found["own"] == Self.denied)
        try await field.expectRefusal(of: Self.user, saying: "another process")
    }

    @Test("A process that gets the pid of the one that connected does not get its identity", .timeLimit(.minutes(2)))
    func pidUsedAgain() async throws {
        let field = try await Field.prepare()
        let found = try await field.attack(
            "same_pid", ["\(Self.user)"], below: ["unshare", "--pid", "--fork", "--mount-proc"])
        #expect(found["answered"] == Self.hungUp || found["answered"] == Self.denied)
        #expect(found["answered"] != Self.secret)
        let list = try await field.daemon.vault("audit", "list", "--type", "delivery", "--output", "jsonl")
        #expect(!list.text.contains(#""sent":[["#), "\(list.text)")
    }

    @Test("Neither a process that gave up root nor the heir of root's connection is served as root, whatever it asks")
    func heirOfRoot() async throws {
        let field = try await Field.prepare()
        let found = try #require(try await field.attack("heir_of_root", ["\(Self.stranger)"]).object)
        #expect(found.count == 12, "\(found)")
        for member in found.members {
            #expect(member.value == Self.hungUp, "\(member.key)")
        }
        let log = try await field.daemon.vault("audit", "list", "--output", "jsonl").text
        #expect(!log.contains(#""type":"rule.add""#) && !log.contains(#""type":"rule.remove""#), "\(log)")
        #expect(log.contains(#""type":"identity.refused""#))
    }

    @Test("Root of a user namespace is who it is outside, whatever its messages claim")
    func forgedCredentials() async throws {
        let field = try await Field.prepare()
        let found = try await field.attack(
            "forged_credentials", uid: Self.stranger,
            below: ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"])
        #expect(found["identity"]?["identity"]?["uid"] == .integer(Int64(Self.stranger)), "\(found.text)")
        #expect(found["as_root"] == Self.denied)
        #expect(found["as_another_process"] == Self.hungUp)
        try await field.expectRefusal(of: Self.stranger, saying: "another process")
        #expect(try await field.record("deny")["peer"]?["uid"] == .integer(Int64(Self.stranger)))
    }

    @Test("A setuid program speaks for its effective user over its own connection, and not over an inherited one")
    func setuidClient() async throws {
        let field = try await Field.prepare()
        let setuid = try field.otherPython("setuid-python", owner: Self.user, mode: 0o4755)
        let found = try await field.attack("setuid_client", [setuid.string], uid: Self.stranger)
        #expect(found["before"] == .integer(Int64(Self.stranger)))
        #expect(found["real"] == .integer(Int64(Self.stranger)))
        try #require(
            found["effective"] == .integer(Int64(Self.user)), "setuid has an effect in the temporary directory")
        #expect(found["inherited"] == Self.denied || found["inherited"] == Self.hungUp)
        #expect(found["identity"] == .integer(Int64(Self.user)))
        #expect(found["own"] == Self.secret)
        #expect(try await field.record("grant")["peer"]?["uid"] == .integer(Int64(Self.user)))
    }

    @Test("What a client asked for that is gone is not sent to whoever holds its connection")
    func goneBeforeReply() async throws {
        let field = try await Field.prepare()
        let found = try await field.attack("gone_before_reply", ["\(try field.daemon.pid)"])
        #expect(found["answered"] == Self.hungUp || found["answered"] == Self.denied)
        #expect(found["answered"] != Self.secret)
        var log = ""
        // What became of a grant rides with a later batch, or follows after 100 ms.
        try await waitUntil("the log to tell why") {
            log = try await field.daemon.vault("audit", "list", "--all", "--output", "jsonl").text
            return log.contains(#""type":"identity.refused""#) || log.contains(#""reason":"identity""#)
        }
        #expect(!log.contains(#""sent":[["#), "\(log)")
    }

    @Test("Groups are those of the connection: dropped later they still count for it, and for no new one")
    func groupsDropped() async throws {
        let field = try await Field.prepare()
        let setpriv = [
            "setpriv", "--reuid", "\(Self.user)", "--regid", "\(Self.user)", "--groups", "\(Self.group)",
            "--inh-caps", "+setgid", "--ambient-caps", "+setgid", "--",
        ]
        let found = try await field.attack("groups_dropped", ["\(Self.group)"], below: setpriv)
        #expect(found["held"] == Self.secret, "\(found.text)")
        #expect(found["anew"] == Self.denied)
        #expect(
            found["after_its_own_group"] == Self.denied || found["after_its_own_group"] == Self.hungUp,
            "another effective group than at connect is another identity")
    }
}

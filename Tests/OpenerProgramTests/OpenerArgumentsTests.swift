// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import VaultTestKit

@testable import vault_opener

struct OpenerArgumentsTests {
    private static let full = [
        "--root", "/srv//data/", "--root", "/", "--state", "/var/lib/../lib/vaultd", "--held", "9", "--protect",
        "/run/v.sock", "--protect-writing", "/etc/v.yaml", "--held-parent", "11", "--workers", "7", "--time-limit",
        "1500", "--helper", "/usr/libexec/h", "--helper-user", "71:72", "--broker-user", "73",
        "--socket", "5",
    ]

    @Test("Every option is read")
    func everyOption() throws {
        let (role, arguments) = try OpenerArguments.parse(Self.full)
        var expected = OpenerArguments()
        expected.roots = ["/srv/data", "/"]
        expected.protectedPaths = [
            .init(path: "/var/lib/../lib/vaultd", held: .itself(9)), .init(path: "/run/v.sock"),
            .init(path: "/etc/v.yaml", onlyFromWriting: true, held: .parent(11)),
        ]
        expected.workers = 7
        expected.timeLimitMilliseconds = 1500
        expected.helpers = ["/usr/libexec/h"]
        expected.helperUser = OpenerArguments.UserAndGroup(uid: 71, gid: 72)
        expected.brokerUID = 73
        expected.socket = 5
        #expect(role == .supervisor)
        #expect(arguments == expected)
    }

    @Test("A worker gets everything that it needs to know")
    func wordsForWorkers() throws {
        let (_, arguments) = try OpenerArguments.parse(Self.full)
        let (role, again) = try OpenerArguments.parse(arguments.words(for: .inspector, parent: 99))
        var expected = arguments
        // These are the supervisor's own.
        expected.workers = OpenerArguments().workers
        expected.socket = OpenerArguments().socket
        #expect(role == .worker(.inspector, parent: 99))
        #expect(again == expected)
    }

    @Test("A launcher's command is everything behind its user")
    func launcher() throws {
        let (role, _) = try OpenerArguments.parse(["--parent", "9", "--launch", "1:2", "/bin/h", "--root", "x"])
        let user = OpenerArguments.UserAndGroup(uid: 1, gid: 2)
        #expect(role == .launcher(HelperLaunch(user: user, parent: 9, command: ["/bin/h", "--root", "x"])))
    }

    @Test(
        "What cannot be meant is refused",
        arguments: [
            [], ["--root"], ["--root", "relative"], ["--root", "/a/../b"], ["--root", "/a/./b"], ["--root", ""],
            ["--root", "/", "--workers", "0"], ["--root", "/", "--workers", "x"],
            ["--root", "/", "--time-limit", "-1"],
            ["--root", "/", "--helper-user", "7"], ["--root", "/", "--helper-user", "alice:bob"],
            ["--root", "/", "--helper-user", "4294967295:1"], ["--root", "/", "--helper", "h"], ["--unknown", "x"],
            ["--root", "/", "stray"], ["--root", "/", "--held", "3"],
            ["--root", "/", "--state", "relative"], ["--root", "/", "--worker", "general-ish"], ["--launch", "1:2"],
        ])
    func refused(words: [String]) {
        #expect(throws: UsageError.self) { try OpenerArguments.parse(words) }
    }

    @Test("Helpers need a user of their own")
    func helperUser() throws {
        func check(_ uid: UInt32, broker: UInt32?) throws {
            var arguments = OpenerArguments()
            arguments.helperUser = OpenerArguments.UserAndGroup(uid: uid, gid: 1)
            arguments.brokerUID = broker
            try arguments.checkHelperUser()
        }
        try check(4711, broker: nil)
        try check(4711, broker: 4712)
        #expect(throws: UsageError.self) { try check(0, broker: 4712) }
        #expect(throws: UsageError.self) { try check(4711, broker: 4711) }
        try OpenerArguments().checkHelperUser()
    }

    @Test("--help says what it is, and every option of a supervisor")
    func help() async throws {
        let result = try await Command(BuiltProgram.path("vault-opener"), arguments: ["--help"]).run()
        #expect(result.status.isSuccess)
        // What is held is between the opener and its workers.
        for word in Self.full where word.hasPrefix("--") && !word.hasPrefix("--held") {
            #expect(result.text.contains(word))
        }
        let wrong = try await Command(BuiltProgram.path("vault-opener"), arguments: ["--bogus", "1"]).run()
        #expect(wrong.status == .exited(2))
        #expect(wrong.errorText.contains("Try: vault-opener --help"))
    }
}

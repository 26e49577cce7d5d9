// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// "A service manager that stands still while it reads goes on later": longer than anything here has a time limit for.
@Suite(.enabled(if: CredentialVault.isPossible, "needs root, python3 and a control group hierarchy of version 2"))
struct CredentialStallTests {
    @Test("Who is refused and reads late still gets more than a credential may have")
    func late() async throws {
        let daemon = try await CredentialVault.start()
        let text = try await CredentialVault.ask(
            daemon, "s = connect(address('forbidden')); time.sleep(8); print(rest(s)); print(repr(ask('empty')))")
        #expect(text == "zeros\n''\n", "\(text)\(daemon.log)")
    }

    @Test("A stop waits for who has read half of one, and is over when that has failed")
    func stopped() async throws {
        let daemon = try await CredentialVault.start()
        let pid = try daemon.pid
        let text = try await CredentialVault.ask(
            daemon,
            """
            s = connect(address('largest')); assert s.recv(1) == b'x'
            os.kill(\(pid), signal.SIGTERM)
            time.sleep(9); os.kill(\(pid), 0); print(rest(s))
            """)
        let size = Int(text.prefix { $0.isNumber }) ?? 0
        #expect(size > CredentialVault.largest, "\(text)\(daemon.log)")
        try await waitUntil("the end") { daemon.log.contains("stopped") }
    }

    @Test("All units of a boot that ask at once get theirs, and root is served besides")
    func crowd() async throws {
        let daemon = try await CredentialVault.start()
        let client = try CredentialVault.client(
            daemon,
            """
            crowd = [connect(address('each' if i % 2 else 'key')) for i in range(300)]
            answers = [rest(s) for s in crowd]
            print(len(answers), set(answers) == {'the combination is 1234\\n'})
            stuck = [connect(address('largest')) for _ in range(100)]
            time.sleep(3)
            """)
        async let result = client.run()
        try await waitUntil("all to be there") {
            try await CredentialVault.records(daemon, "grant").count >= 340
        }
        for _ in 0..<8 { #expect(try await daemon.vault("status", uid: 0).status == .exited(0), "\(daemon.log)") }
        #expect(try await result.text == "300 True\n", "\(daemon.log)")
        // Those whose client has ended while they waited are refused for that.
        let refused = try await CredentialVault.records(daemon, "identity.refused")
        #expect(!refused.contains { $0["problem"] == "the limit of connections is reached" }, "\(daemon.log)")
    }

    @Test("A takeover waits for nobody who stands still: the next daemon has them fail")
    func takenOver() async throws {
        let daemon = try await CredentialVault.start()
        let client = try CredentialVault.client(
            daemon,
            """
            half = connect(address('largest')); assert half.recv(1) == b'x'
            none = connect(address('forbidden'))
            time.sleep(14); print(rest(none)); print(rest(half))
            """)
        async let result = client.run()
        try await waitUntil("both") {
            let grants = try await CredentialVault.records(daemon, "grant").count
            return grants == 1 && daemon.log.contains("a unit gets no credential")
        }
        let former = try daemon.pid
        #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)")
        #expect(throws: Errno.noSuchFileOrDirectory) { try FileStatus(ofPath: FilePath("/proc/\(former)")) }
        #expect(try await CredentialVault.ask(daemon, "print(ask('empty') == '')") == "True\n", "\(daemon.log)")
        let lines = try await result.text.split(separator: "\n")
        #expect(lines.first == "zeros", "\(lines)\(daemon.log)")
        let size = Int(lines.last?.prefix { $0.isNumber } ?? "") ?? 0
        #expect(size > CredentialVault.largest, "\(lines)\(daemon.log)")
        #expect(try await daemon.terminate() == .exited(0))
    }

    @Test("Another user that connects and does not read keeps nobody from a credential")
    func otherUser() async throws {
        let daemon = try await CredentialVault.start {
            $0.configuration = "credentials-socket: { path: \"@DIRECTORY@/run/credentials.sock\", mode: \"0666\" }\n"
        }
        let client = try CredentialVault.client(
            daemon, uid: 4711,
            """
            stuck = [connect(address('key')) for _ in range(400)]
            print('there'); sys.stdout.flush(); time.sleep(5)
            """)
        async let result = client.run()
        try await waitUntil("all to be refused") { daemon.log.contains("suppressed") }
        for _ in 0..<3 {
            let text = try await CredentialVault.ask(daemon, "print(repr(ask('key')))")
            #expect(text == "'\(CredentialVault.secret.dropLast())\\n'\n", "\(daemon.log)")
        }
        #expect(try await result.text == "there\n")
        #expect(try await daemon.terminate() == .exited(0))
    }
}

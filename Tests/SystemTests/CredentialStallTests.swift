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

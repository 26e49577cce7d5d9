// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// "The new one has them fail, and their units do not start": another daemon takes over while a credential is under way.
@Suite(.enabled(if: CredentialVault.isPossible, "needs root, python3 and a control group hierarchy of version 2"))
struct CredentialTakeoverTests {
    /// Asks, reads a byte, has a daemon take over, and reads on `after` so many seconds.
    /// - Returns: what was read behind that byte.
    private func readOn(after seconds: Int) async throws -> (text: String, daemon: Daemon) {
        let daemon = try await CredentialVault.start()
        let client = try CredentialVault.client(
            daemon,
            """
            s = connect(address('largest')); assert s.recv(1) == b'x'
            time.sleep(\(seconds)); print(rest(s))
            """)
        async let result = client.run()
        try await waitUntil("the grant") { try await CredentialVault.records(daemon, "grant").count == 1 }
        #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)")
        #expect(try await CredentialVault.records(daemon, "grant").count == 1)
        return (try await result.text, daemon)
    }

    /// The outcomes of grants in the log.
    private func outcomes(_ daemon: Daemon) async throws -> (sent: Int, failed: Int, unknown: Int) {
        let reports = try await CredentialVault.records(daemon, "delivery")
        func count(_ key: String) -> Int { reports.reduce(0) { $0 + ($1[key]?.array?.count ?? 0) } }
        return (count("sent"), count("failed"), count("unknown"))
    }

    @Test("Bytes that are on their way when another takes over are read whole")
    func finished() async throws {
        let (text, daemon) = try await readOn(after: 2)
        #expect(text == "1048575 bytes\n", "\(daemon.log)")
        #expect(try await outcomes(daemon) == (1, 0, 0))
        #expect(!daemon.log.contains("a unit gets no credential"), "\(daemon.log)")
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon)
    }

    @Test("What is not read in time ends in zeros, and in nothing that a service manager would take for a credential")
    func notRead() async throws {
        let (text, daemon) = try await readOn(after: 8)
        let size = Int(text.prefix { $0.isNumber }) ?? 0
        #expect(size > CredentialVault.largest, "\(text)\(daemon.log)")
        #expect(daemon.log.contains("another daemon takes over"), "\(daemon.log)")
        let found = try await outcomes(daemon)
        #expect(found.sent + found.failed == 1 && found.unknown == 0, "\(found)")
        let again = try await CredentialVault.ask(daemon, "print(ask('largest'))")
        #expect(again == "1048576 bytes\n", "\(daemon.log)")
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon)
    }

    @Test(
        "A file that is being read, and never answers: zeros, no grant, and the next daemon serves",
        .enabled(if: HangingFileSystem.obstacle == nil, "\(HangingFileSystem.obstacle ?? "")"))
    func whileRead() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        let daemon = try await CredentialVault.start {
            CredentialVault.add(hanging, to: &$0, openerTimeout: "9s")
        }
        let client = try CredentialVault.client(daemon, "print(ask('hangs'))")
        async let result = client.run()
        try await waitUntil("the opener to be asked") {
            try JSONValue(parsing: try await daemon.vault("status", "-o", "json").output)["connections"]?["count"] == 2
        }
        let former = try daemon.pid
        #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)")
        #expect(try await result.text == "zeros\n", "\(daemon.log)")
        #expect(try await CredentialVault.records(daemon, "grant").isEmpty)
        #expect(throws: Errno.noSuchFileOrDirectory) { try FileStatus(ofPath: FilePath("/proc/\(former)")) }
        #expect(try await CredentialVault.ask(daemon, "print(ask('file'))") == "in a file\n\n")
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// An opener that the daemon has started itself, and that somebody kills.
@Suite struct LostOpenerTests {
    /// A daemon that keeps the rights that it has: who it is started by.
    private static var keepingRights: Daemon.Options {
        var options = StandardVault.options
        options.owner = nil
        options.configuration = "opener: { roots: [\"@DIRECTORY@\"] }\n"
        return options
    }

    private func opener(of daemon: Daemon) throws -> Int32? {
        let pid = try daemon.pid
        return directoryEntries("/proc").compactMap { Int32($0) }.first { child in
            guard let status = try? OwnedDescriptor.open(FilePath("/proc/\(child)/status")).readAll() else {
                return false
            }
            let text = String(decoding: status, as: UTF8.self)
            return text.contains("\nPPid:\t\(pid)\n") && text.hasPrefix("Name:\tvault-opener")
        }
    }

    /// Kills it, and waits for its end.
    private func killOpener(of daemon: Daemon) async throws {
        let pid = try #require(try opener(of: daemon))
        #expect(kill(pid, SIGKILL) == 0)
        try await waitUntil("the opener \(pid) to be gone") { kill(pid, 0) == -1 }
    }

    @Test("Who has the rights to starts another, as often as it takes")
    func startedAgain() async throws {
        let daemon = try await Daemon.start(Self.keepingRights)
        for number in 1...3 {
            try await killOpener(of: daemon)
            try await waitUntil("another opener") { try opener(of: daemon) != nil }
            try daemon.directory.write("\(number)", to: "missing.txt", mode: 0o644)
            try await waitUntil("it to open") {
                try await daemon.vault("cat", "files/missing", uid: StandardVault.otherUser).text == "\(number)"
            }
            #expect(try await daemon.vault("status").text.hasPrefix("no problems"))
        }
        #expect(daemon.log.contains("another is started") && daemon.log.contains("the opener is there again"))
        #expect(try await daemon.terminate() == .exited(0))
    }

    @Test(
        "Who gave up the rights says so; what is held is served",
        .enabled(if: geteuid() == 0, "needs root, to give it up"))
    func gone() async throws {
        let daemon = try await StandardVault.start()
        try await killOpener(of: daemon)
        try await waitUntil("status to say it") {
            try await daemon.vault("status").text.contains("the opener is gone: what is held is served")
        }
        let shared = try await daemon.vault("cat", "files/shared", uid: StandardVault.otherUser)
        #expect(shared.text == StandardVault.secret, "\(shared.errorText)")
    }

    @Test(
        "Who gave up the rights, and has a service manager, ends so that both are started again",
        .enabled(if: geteuid() == 0, "needs root, to give it up"))
    func managed() async throws {
        let manager = try TemporaryDirectory(mode: 0o755)
        let path = manager.path("notify")
        let receiver = HeldDescriptor(try UnixSocket.bind(to: .path(path), type: .datagram, mode: 0o666))
        var options = StandardVault.options
        options.environment = ["NOTIFY_SOCKET=\(path)"]
        let daemon = try await Daemon.start(options)
        try await killOpener(of: daemon)
        #expect(try await daemon.end(with: 0) == .exited(1), "\(daemon.log)")
        let notices = try await onThread {
            var all = ""
            while !all.contains("STATUS=stopped: ") {
                try waitOnThread(on: receiver, what: "the last status", limit: .seconds(10))
                try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                    let message = try MessageSocket.receive(into: buffer, room: .mostDescriptors, on: receiver)
                    all += String(decoding: buffer[..<message.byteCount], as: UTF8.self) + "\n"
                }
            }
            return all
        }
        #expect(notices.contains("the opener has ended"), "\(notices)")
        try await daemon.start()
        let secret = try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
        #expect(secret.text == StandardVault.secret)
    }
}

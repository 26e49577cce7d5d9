// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

/// A file system in user space that answers `open(2)` and then nothing more.
@Suite(
    .enabled(if: HangingFileSystem.obstacle == nil, "\(HangingFileSystem.obstacle ?? "")"),
    .enabled(if: Command.canChangeUser, "needs root and setpriv"))
struct HangingFileTests {
    @Test(
        "What opens and never says what it is fails after the opener's limit; all else is opened and renewed meanwhile")
    func mute() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        var options = Daemon.Options()
        options.configuration = """
            opener: { roots: ["@DIRECTORY@", "\(hanging.path)"], timeout: 5s }

            """
        options.policies = [
            "p.yaml": """
            vault: 1
            capabilities:
              - name: mute
                file: { path: "\(hanging.path)/mute", rights: [read] }
                open: on-first-use
              - name: late
                file: { path: "@DIRECTORY@/late", rights: [read] }
                open: on-first-use
              - name: secret
                memory: { file: "@DIRECTORY@/late" }
                open: on-first-use
            rules:
              - id: service
                permit: [open, list, renew]
                capability: "*"
                to: { uid: 4711 }
            """
        ]
        options.files = ["late": "served\n"]
        let daemon = try await Daemon.start(options)
        async let hung = daemon.vault("cat", "mute", uid: 4711)
        try await waitUntil("it is being opened") {
            try await daemon.vault("list", "-o", "jsonl", uid: 4711).text.contains(#""state":"opening""#)
        }
        #expect(try await daemon.vault("cat", "late", uid: 4711).text == "served\n")
        #expect(try await daemon.vault("cat", "secret", uid: 4711).text == "served\n")
        #expect(try await daemon.vault("renew", "late", uid: 4711).status == .exited(0))
        // What is being opened may have been found before somebody asked for what is there now.
        async let renewed = daemon.vault("renew", "mute", uid: 4711)
        try await Task.sleep(for: .milliseconds(500))
        func renewals() async throws -> Int {
            try await daemon.vault(
                "audit", "list", "--type", "capability.renew", "--capability", "mute", "-o", "jsonl"
            ).text.split(separator: "\n").count
        }
        #expect(try await renewals() == 0)
        let result = try await hung
        #expect(result.status == .exited(4), "\(result.errorText)")
        #expect(result.errorText.contains("timed out"), "\(result.errorText)")
        #expect(try await renewed.status == .exited(0), "the next grant opens it")
        #expect(try await renewals() == 1)
        #expect(try await daemon.vault("cat", "late", uid: 4711).text == "served\n")
        #expect(try await daemon.terminate() == .exited(0))
    }

    @Test("What hangs at its end, in the opener and in the broker, keeps nobody waiting")
    func flush() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        var options = Daemon.Options()
        options.configuration = "opener: { roots: [\"@DIRECTORY@\", \"\(hanging.path)\"], timeout: 5s }\n"
        options.files = ["file": "served\n"]
        options.policies = [
            "p.yaml": """
            vault: 1
            capabilities:
              - { name: flush, file: { path: "\(hanging.path)/flush", rights: [read] }, open: each-grant }
              - { name: file, file: { path: "@DIRECTORY@/file", rights: [read] } }
            rules:
              - { id: all, permit: [open, list, renew], capability: "*", to: anyone }
            """
        ]
        let daemon = try await Daemon.start(options)
        func isServing() async throws -> Bool {
            try await daemon.vault("cat", "file", uid: 4711).text == "served\n"
        }
        // Nobody takes it out of the socket: who did would hang in its turn.
        let connection = try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            try connection.send(#"{"method":"io.vaultd.Broker.Open","parameters":{"requests":[{"name":"flush"}]}}"#)
            return connection
        }
        try await waitUntil("it is granted and sent") {
            try await daemon.vault("audit", "list", "--type", "delivery", "-o", "jsonl").text.contains(#""sent":[["#)
        }
        #expect(try await isServing())
        try await onThread { try hanging.end() }
        #expect(try await isServing())
        #expect(try await daemon.terminate() == .exited(0))
        withExtendedLifetime(connection) {}
    }
}

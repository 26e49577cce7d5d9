// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// What becomes of names, for who may watch them.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: one user deposits, another watches"))
struct WatchTests {
    private static let policy = """
        vault: 1
        rules:
          - id: depositor
            permit: [deposit, open, remove]
            capability: [jobs/**, other/**]
            to: { uid: 4711 }
          - id: watcher
            permit: [watch]
            capability: jobs/**
            to: { uid: 4712 }
        """

    private func put(_ daemon: Daemon, _ name: String, _ more: String...) async throws {
        var command = daemon.vaultCommand(["put", name] + more, uid: 4711)
        command.input = Array("content".utf8)
        let result = try await command.run()
        #expect(result.status == .exited(0), "\(result.errorText)")
    }

    private func events(_ text: String) throws -> [String] {
        try text.split(separator: "\n").map { line in
            let event = try JSONObject(parsing: Array(line.utf8))
            return "\(event["type"]?.string ?? "") \(event["name"]?.string ?? "")"
        }
    }

    @Test("Who may watch names hears what becomes of them, of no others, and goes on where it was")
    func watches() async throws {
        var options = Daemon.Options()
        options.policies = ["watch.yaml": Self.policy]
        let daemon = try await Daemon.start(options)
        let (output, cursor) = (daemon.directory.path("events"), daemon.directory.path("cursor"))
        let script = """
            umask 0; cd "$(dirname "$1")"
            timeout 20 vault watch --output jsonl --cursor-file "$2" > "$1" &
            echo $! ; wait
            """
        #expect(chmod(daemon.directory.path.string, 0o777) == 0)
        async let first = daemon.client("/bin/sh", ["-c", script, "sh", output.string, cursor.string], uid: 4712).run()
        try await waitUntil("the watching has begun") { (try? daemon.directory.read("cursor")) != nil }
        try await put(daemon, "jobs/a")
        try await put(daemon, "other/b")
        try await put(daemon, "jobs/c", "--expires", "300ms")
        #expect(try await daemon.vault("take", "jobs/a", "--", "true", uid: 4711).status == .exited(0))
        let wanted = ["stored jobs/a", "stored jobs/c", "taken jobs/a", "expired jobs/c"]
        try await waitUntil("the events have come") {
            try events(daemon.directory.read("events")).sorted() == wanted.sorted()
        }
        _ = try await Command("pkill", "-TERM", "-u", "4712", "-f", "vault watch").run()
        _ = try await first
        // While nobody watched.
        try await put(daemon, "jobs/d")
        #expect(try await daemon.vault("remove", "jobs/d", uid: 4711).status == .exited(0))
        let again = daemon.client(
            "/usr/bin/timeout",
            [
                "2", daemon.programs.appending("vault").string, "watch", "jobs/*", "--output", "jsonl", "--cursor-file",
                cursor.string,
            ], uid: 4712)
        #expect(try events(await again.run().text) == ["stored jobs/d", "removed jobs/d"])
    }

    @Test("Who may watch nothing is denied, on record, and a place of another log is refused")
    func refused() async throws {
        var options = Daemon.Options()
        options.policies = ["watch.yaml": Self.policy]
        let daemon = try await Daemon.start(options)
        let denied = try await daemon.vault("watch", "jobs/*", uid: 4711)
        #expect(denied.status == .exited(1), "\(denied.errorText)")
        #expect(try await daemon.vault("audit", "list", "--output", "jsonl").text.contains("\"action\":\"watch\""))
        let place = try daemon.directory.write("i:99:00000000", to: "elsewhere", mode: 0o644)
        let lost = try await daemon.vault("watch", "--cursor-file", place.string)
        #expect(lost.status == .exited(6), "\(lost.errorText)")
        let connection = try RawConnection(to: daemon.socket)
        let reply = try connection.call(#"{"method":"io.vaultd.Broker.Watch"}"#)
        #expect(reply?.error == "org.varlink.service.ExpectedMore")
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

/// What outlives the daemon: listeners and deposits with the service manager, checkpoints in the journal.
@Suite(.serialized, .needsMachine) struct KeptTests {
    /// Accepts one connection at the listener that it is handed, and prints what comes.
    private static let accepting = """
        import socket
        listener = socket.socket(fileno=3); listener.settimeout(10)
        connection, _ = listener.accept(); connection.settimeout(10)
        print(connection.recv(100).decode())
        """
    private static let connecting = """
        import socket, time
        connection = socket.create_connection(('127.0.0.1', \(Machine.port)), 10)
        connection.sendall(b'hello before the restart'); print('sent', flush=True); time.sleep(60)
        """

    @Test(
        "A listener survives a restart of the daemon, with the connections that wait at it",
        arguments: DebianSuite.allCases)
    func listener(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let holder = ["systemd-run", "--quiet", "--collect", "--unit=holder.service", "--property=Type=exec"]
        // A client that holds it too, and accepts nothing.
        let held = try await machine.command(
            holder + ["vault", "exec", "--pass", "tests/port", "--", "sleep", "60"]
        ).run()
        // The rule is for the administrator's session and for one service: as the latter.
        #expect(held.status == .exited(0), "\(held.errorText)")
        let client = ["systemd-run", "--quiet", "--collect", "--unit=caller.service", "python3", "-c", Self.connecting]
        _ = try await machine.succeed("vault", "try", "tests/port")
        #expect(try await machine.command(client).run().status == .exited(0))
        try await Task.sleep(for: .milliseconds(500))
        try await machine.succeed("systemctl", "restart", "vaultd.service")
        let status = try await machine.run("vault", "status")
        #expect(!status.text.contains("tests/port"), "\(status.text)")
        let accepted = try await machine.run(
            "vault", "exec", "--pass", "tests/port", "--", "python3", "-c", Self.accepting)
        #expect(accepted.text.trimmed == "hello before the restart", "\(accepted.errorText)\(machine.journal())")
        try await machine.run("systemctl", "stop", "holder.service", "caller.service")
    }

    @Test(
        "A deposit survives a restart of the daemon and a crash, and no stop of the service",
        arguments: DebianSuite.allCases)
    func deposit(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try await machine.succeed("sh", "-c", "echo kept | vault put kept/pipe --fd 0")
        try await machine.succeed("systemctl", "restart", "vaultd.service")
        try await machine.succeed("systemctl", "kill", "--signal=KILL", "vaultd.service")
        let read = try await machine.run("vault", "exec", "--stdin", "kept/pipe", "--", "cat")
        #expect(read.text == "kept\n", "\(read.errorText)\(machine.journal())")
        let log = try await machine.succeed("vault", "audit", "list", "--type", "restore", "-o", "jsonl").text
        let restored = log.split(separator: "\n").filter {
            $0.contains("kept/pipe") && $0.contains("\"outcome\":\"kept\"")
        }
        #expect(restored.count == 2, "\(log)")
        try await machine.succeed("systemctl", "stop", "vaultd.service")
        try await machine.succeed("systemctl", "start", "vaultd.service")
        #expect(try await machine.run("vault", "show", "kept/pipe").status == .exited(1))
        #expect(try await machine.verifyLog().status == .exited(0))
    }

    @Test("The checkpoints of the log are in the journal, and the log continues them", arguments: DebianSuite.allCases)
    func checkpoints(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try await machine.succeed("vault", "cat", "load/file")
        // The last of a run is signed at its end.
        try await machine.succeed("systemctl", "restart", "vaultd.service")
        let note =
            try await machine.succeed(
                "journalctl", "--no-pager", "-o", "cat", "--output-fields=VAULT_NOTE", "-n", "1",
                "MESSAGE_ID=7b1f2c6ad0f44f0a9d5c3e8b42a6917e", "_SYSTEMD_UNIT=vaultd.service"
            ).text.trimmed + "\n"
        #expect(note.contains("\n\n\u{2014} "), "a signed note: \(note)")
        try await machine.succeed("vault", "cat", "load/file")
        try machine.write(note, to: "\(Machine.files)/checkpoint")
        let verified = try await machine.verifyLog(from: "\(Machine.files)/checkpoint")
        #expect(verified.status == .exited(0), "\(verified.text)\(verified.errorText)\(note)")
    }
}

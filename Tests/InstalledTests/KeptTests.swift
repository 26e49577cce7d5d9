// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

/// What outlives the daemon: checkpoints in the journal.
@Suite(.serialized, .needsMachine) struct KeptTests {
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

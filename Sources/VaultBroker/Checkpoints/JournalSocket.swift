// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import TransparencyLog
import VaultCore

/// Tells the system journal of checkpoints, in its native protocol: one datagram of `NAME=value` lines.
///
/// Never waits: where there is no journal, or it takes nothing at the moment, the checkpoint is not written there.
struct JournalSocket: Sendable {
    /// By which these messages are found: `journalctl MESSAGE_ID=…`.
    static let messageID = "7b1f2c6ad0f44f0a9d5c3e8b42a6917e"

    private let path: FilePath

    init(path: FilePath = "/run/systemd/journal/socket") {
        self.path = path
    }

    /// - Returns: whether the journal took it.
    @discardableResult
    func tell(_ checkpoint: Checkpoint, _ note: SignedNote) -> Bool {
        guard let socket = try? UnixSocket.make(.datagram) else { return false }
        let message = Self.message(checkpoint, note)
        let sent = try? MessageSocket.send(message.span, to: .path(path), on: socket, flags: .dontWait)
        return sent == message.count
    }

    static func message(_ checkpoint: Checkpoint, _ note: SignedNote) -> [UInt8] {
        let lines = [
            "MESSAGE=Checkpoint of \(checkpoint.origin) over \(checkpoint.size) records: \(checkpoint.root.hexadecimal)",
            "MESSAGE_ID=\(messageID)", "PRIORITY=6", "SYSLOG_IDENTIFIER=vaultd",
            "VAULT_ORIGIN=\(checkpoint.origin)", "VAULT_SIZE=\(checkpoint.size)",
            "VAULT_ROOT=\(checkpoint.root.hexadecimal)",
        ]
        let note = Array(note.published.utf8)
        // A value of several lines goes with its length, 64 bits, little-endian.
        let length = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(note.count) >> (8 * $0)) }
        return Array(lines.joined(separator: "\n").utf8) + Array("\nVAULT_NOTE\n".utf8) + length + note
            + [UInt8(ascii: "\n")]
    }
}

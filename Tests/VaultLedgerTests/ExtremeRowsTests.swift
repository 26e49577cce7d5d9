// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultLedger
import VaultTestKit

/// Numbers that somebody wrote into the database and that no log has: opening and verifying it says so, or goes on.
@Suite struct ExtremeRowsTests {
    private static let extremes = ["-9223372036854775808", "-1", "4294967296", "9223372036854775807"]

    /// `@` is the number.
    static let edits = [
        """
        INSERT INTO lease (id, record, capability, rights, rule, uid, pid, boot_id, started_usec)
        VALUES ('l', 0, 'a', 'read', 'r', @, 1, 'b', 0)
        """,
        """
        INSERT INTO lease (id, record, capability, rights, rule, uid, pid, boot_id, started_usec, expires_boot_usec)
        VALUES ('l', @, 'a', 'read', 'r', 0, @, 'b', @, @)
        """,
        "INSERT INTO rule_counter VALUES ('r', @, @, @, @, 'b', @)",
        "INSERT INTO policy_revision VALUES (@, '', 'policy.apply', @, @, @, NULL, NULL, 1, 'b', @, @)",
        "INSERT INTO resolved_name VALUES (1, 'user', 'x', @, NULL)",
        "INSERT INTO origin VALUES (abs(max(@, -1)), 'x/9223372036854775807', 'k', @)",
        "INSERT INTO checkpoint VALUES (@, 'note')",
        "INSERT INTO policy_directory VALUES ('/p', '', @)",
        "UPDATE tree SET last_time_usec = @",
        "UPDATE tree SET delivered_up_to = @",
        "UPDATE tree SET size = @",
        "INSERT INTO log VALUES (@, '{}')",
        "INSERT INTO tile VALUES (@, @, zeroblob(8192))",
    ]

    @Test("Every numeric column at its extremes", arguments: edits)
    func columns(edit: String) async throws {
        for number in Self.extremes {
            let files = try OpenedLedger()
            _ = try await files.fill(to: 300)
            let sql = edit.split(separator: "@", omittingEmptySubsequences: false).joined(separator: number)
            try await files.tamperPastTriggers(sql)
            do {
                _ = try await files.verify()
            } catch let error as LedgerError {
                #expect(error.kind == .damaged, "\(sql): \(error)")
            }
            do {
                let (ledger, state) = try await files.open()
                #expect(state.size == 300, "\(sql)")
                await ledger.close()
            } catch let error as LedgerError {
                #expect(error.kind == .damaged && !error.message.contains("("), "\(sql): \(error)")
            }
        }
    }

    @Test("A limit of uses that is spent is stored, however large it is")
    func spent() async throws {
        let files = try OpenedLedger()
        let (ledger, _) = try await files.open()
        let counter = RuleCounter(rule: "r", principal: nil, used: .max)
        _ = try await ledger.commit(Batch(firstIndex: 0, changes: [.counter(counter)]))
        await ledger.close()
        let (again, state) = try await files.open()
        #expect(state.counters.map(\.used) == [UInt64(Int64.max)])
        await again.close()
    }
}

// SPDX-License-Identifier: Apache-2.0

import Records
import SystemPackage
import Testing
import TransparencyLog
import VaultLedger
import VaultTestKit

/// A ledger that is signed as the broker signs it: the checkpoint first goes into its file, then into the database.
struct SignedLedger: Sendable {
    let files: OpenedLedger

    init() throws { files = try OpenedLedger() }

    init(copying other: SignedLedger) async throws {
        files = try await other.files.copy()
        for name in ["log.key", "checkpoints"] { try write(try other.text(name), to: name) }
    }

    var key: FilePath { files.state.appending("log.key") }
    var checkpoints: FilePath { files.state.appending("checkpoints") }

    /// Opens, appends up to this size, signs, stores, closes.
    func grow(to size: Int) async throws {
        let (ledger, restored) = try await files.open()
        let checked = try await check(restored)
        try #require(checked.finding == nil)
        var changes: [StateChange] = checked.origin.map { [.originStarted($0)] } ?? []
        var batch = TestRecords.plain(from: restored.size, count: size - Int(restored.size))
        batch.changes = changes
        if let origin = checked.origin { batch.leaves[0] = Self.start(as: origin.name) }
        let tree = try await ledger.commit(batch)
        let root = try #require(TreeHash(tree.root))
        let note = try Checkpoint(origin: checked.signer.key.name, size: tree.size, root: root)
            .signed(by: checked.signer)
        try checked.file.append(note)
        changes = [.checkpoint(StoredCheckpoint(size: tree.size, note: note.published))]
        _ = try await ledger.commit(Batch(firstIndex: tree.size, changes: changes))
        await ledger.close()
    }

    /// The first record: it names the log.
    private static func start(as name: String) -> [UInt8] {
        TestRecords.text(0, .start(version: "0.1.0", undelivered: 0, origin: name))
    }

    func check(_ restored: RestoredState, origin: String = "test.example/audit") async throws -> StartCheck.Outcome {
        let state = files.state
        return try await onThread { try StartCheck(directory: state, origin: origin).run(restored) }
    }

    /// What a start finds.
    func outcome(origin: String = "test.example/audit") async throws -> StartCheck.Outcome {
        let (ledger, restored) = try await files.open()
        await ledger.close()
        return try await check(restored, origin: origin)
    }

    func text(_ name: String) throws -> String { try files.directory.read("state/\(name)") }

    func write(_ text: String, to name: String) throws { try files.directory.write(text, to: "state/\(name)") }

    /// A log of 700 records that was signed over 300, over 500 and over 700.
    static func signed() async throws -> SignedLedger {
        let ledger = try SignedLedger()
        for size in [300, 500, 700] { try await ledger.grow(to: size) }
        return ledger
    }

    /// Takes records away together with every trace of them in the database.
    func cut(to size: Int) async throws {
        var tree = MerkleTree()
        for leaf in try await files.leaves()[..<size] { tree.append(.leaf(leaf)) }
        try await files.tamperPastTriggers(
            """
            DELETE FROM log WHERE idx >= \(size);
            DELETE FROM tile WHERE (idx + 1) * 256 > \(size);
            DELETE FROM checkpoint WHERE size > \(size);
            UPDATE tree SET size = \(size), root = x'\(tree.root.hexadecimal)'
            """)
    }

    /// A database whose hashes all fit its records, one of which is another, as somebody makes it who hides a change.
    /// - Parameter forge: what else is done to it.
    static func rebuilt(
        _ ledger: SignedLedger, editing index: Int, _ forge: (inout Batch) throws -> Void = { _ in }
    ) async throws -> SignedLedger {
        var leaves = try await ledger.files.leaves()
        leaves[index].append(UInt8(ascii: " "))
        let fresh = try SignedLedger()
        let (writer, restored) = try await fresh.files.open()
        try fresh.write(try ledger.text("log.key"), to: "log.key")
        let checked = try await fresh.check(restored)
        var batch = Batch(firstIndex: 0, leaves: leaves, lastTimeUSec: 1)
        batch.changes = checked.origin.map { [.originStarted($0)] } ?? []
        try forge(&batch)
        _ = try await writer.commit(batch)
        await writer.close()
        try fresh.write(try ledger.text("checkpoints"), to: "checkpoints")
        return fresh
    }
}

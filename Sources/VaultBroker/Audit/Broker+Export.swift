// SPDX-License-Identifier: Apache-2.0

import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel

/// The log itself, for whoever hashes it or keeps it elsewhere.
extension Broker {
    /// The most bytes of records in one reply; a record more than fits is in it all the same.
    static let exportBytes = 256 << 10
    /// The most tiles of one reply: 8 KiB of hashes each.
    static let exportTiles = 32

    func export(
        _ parameters: AuditInterface.Export.Parameters, _ answer: Answer, _ session: Session
    ) async throws(VarlinkError) -> AuditInterface.Export.Reply {
        let end = journal.committed
        guard let from = UInt64(exactly: parameters.from ?? 0), from <= end else { throw .invalidParameter("from") }
        guard let to = UInt64(exactly: parameters.to ?? Int(clamping: end)), (from...end).contains(to) else {
            throw .invalidParameter("to")
        }
        if journal.isWorking {
            try chargeRecord(session)
            journal.append(.export(peer: session.peerText, from: from, to: to))
        }
        var next = from
        while true {
            let part: ExportedPart
            do {
                part = try await reader.export(
                    next..<to, prunedBefore: journal.prunedBefore, byteLimit: Self.exportBytes,
                    tileLimit: Self.exportTiles)
            } catch {
                throw BrokerError.auditUnavailable(message: error.message).varlinkError
            }
            next = part.next
            await waitForTurn(session)
            let reply = AuditInterface.Export.Reply(
                entries: part.entries.map(AuditInterface.Entry.init),
                tiles: part.tiles.isEmpty
                    ? nil : part.tiles.map { .init(index: Int($0.index), hashes: $0.hashesInBase64) })
            guard next < to else { return reply }
            guard answer.wantsMore else { throw .expectedMore }
            try await stillPermits([.audit], session)
            answer.reply(reply, continues: true)
            await waitForReader(answer)
        }
    }
}

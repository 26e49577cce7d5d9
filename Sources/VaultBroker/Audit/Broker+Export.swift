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
    /// The same where few export at once: larger replies wait for fewer turns.
    static let largeExportBytes = 1 << 20
    /// So many at once get these, and have the next one made while one is sent: some 4 MiB each.
    static let mostLargeExports = 4
    /// The most tiles of one reply: 8 KiB of hashes each.
    static let exportTiles = 32

    func export(
        _ parameters: AuditInterface.Export.Parameters, _ answer: Answer, _ session: Session
    ) async throws(VarlinkError) -> WrittenReply<AuditInterface.Export> {
        let end = journal.committed
        guard let from = UInt64(exactly: parameters.from ?? 0), from <= end else { throw .invalidParameter("from") }
        guard let to = UInt64(exactly: parameters.to ?? Int(clamping: end)), (from...end).contains(to) else {
            throw .invalidParameter("to")
        }
        if journal.isWorking {
            try chargeRecord(session)
            journal.append(.export(peer: session.peerText, from: from, to: to))
        }
        let isLarge = largeExports < Self.mostLargeExports
        if isLarge { largeExports += 1 }
        defer { if isLarge { largeExports -= 1 } }
        // Most who ask for little are answered with one.
        var part = makePart(from..<to, bytes: Self.exportBytes)
        while true {
            let (made, next) = try await self.made(part)
            await waitForTurn(session)
            guard next < to else { return WrittenReply(message: made.message(continues: false)) }
            guard answer.wantsMore else { throw .expectedMore }
            try await stillPermits([.audit], session)
            answer.give(made.message(continues: true), continues: true)
            if isLarge, core.turns.unreadLimit(session.identity.uid) > 0 {
                part = makePart(next..<to, bytes: Self.largeExportBytes)
                await waitForReader(answer)
            } else {
                await waitForReader(answer)
                part = makePart(next..<to, bytes: Self.exportBytes)
            }
        }
    }

    private typealias Part = Task<Result<(ExportReply, next: UInt64), LedgerError>, Never>

    /// Has a part of the log read and written out, beside the loop.
    private func makePart(_ range: Range<UInt64>, bytes: Int) -> Part {
        Task.immediate { [reader, prunedBefore = journal.prunedBefore] in
            do throws(LedgerError) {
                return .success(
                    try await reader.export(
                        range, prunedBefore: prunedBefore, byteLimit: bytes, tileLimit: Self.exportTiles,
                        as: ExportReply.self))
            } catch {
                return .failure(error)
            }
        }
    }

    private func made(_ part: Part) async throws(VarlinkError) -> (ExportReply, next: UInt64) {
        switch await part.value {
        case .success(let made): return made
        case .failure(let error): throw BrokerError.auditUnavailable(message: error.message).varlinkError
        }
    }
}

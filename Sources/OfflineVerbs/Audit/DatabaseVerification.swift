// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import Records
import SystemPackage
import TerminalKit
import TransparencyLog
import VaultLedger

/// Verifies the files of a log, with a daemon or without, or a copy of them.
struct DatabaseVerification {
    private let path: FilePath
    private let key: NoteKey?
    private let kept: KeptCheckpoint?

    /// - Parameters:
    ///   - key: of `--key`.
    ///   - kept: of `--from`.
    init(_ path: String, key: String?, from kept: String?) throws {
        self.path = FilePath(path)
        self.key = try key.map { try TrustedKey(argument: $0, claimed: "").key }
        self.kept = try kept.map { try KeptCheckpoint($0) }
    }

    func run() throws -> Verdict {
        try checkFile()
        let progress = Progress("verifying")
        defer { progress.finish() }
        let report: VerificationReport
        do throws(LedgerError) {
            report = try verifier.verify(
                threads: ProcessInfo.processInfo.activeProcessorCount, key: key,
                against: kept.map { [$0.note] } ?? []
            ) { progress.show($0, of: $1) }
        } catch {
            throw Failure(.system, "\(path): \(error.message)", next: Self.next)
        }
        var verdict = Verdict(log: path.string, records: 0..<report.size, root: report.root.flatMap { TreeHash($0) })
        let isOtherKey = report.damage.contains { if case .otherKey = $0 { true } else { false } }
        verdict.findings = report.damage.map { damage in
            Finding(record: damage.firstIndex, message: damage.description, isAboutKey: isOtherKey && damage.isAboutKey)
        }
        verdict.kept = kept
        if let name = report.key, let found = try? TrustedKey(argument: nil, claimed: name) {
            verdict.key = key.map { TrustedKey(key: $0, isClaimed: false) } ?? found
        }
        if report.checkpoints > 0, let origin = report.origin {
            verdict.checkpoint = Verdict.Signed(origin: origin, size: report.signed, count: report.checkpoints)
        }
        if let key, report.isIntact, report.checkpoints == 0 {
            // Whoever writes the log anew without the key leaves it unsigned.
            verdict.findings.append(
                Finding(record: 0, message: "nothing is signed by the key \(key.name): no checkpoint is here"))
        } else if let key, report.isIntact, !report.isSignedAsOrigin, let origin = report.origin {
            // The same under a name that the log is said to go on with.
            verdict.findings.append(
                Finding(
                    record: report.signed,
                    message:
                        "the log goes on as \(origin), and nothing is signed under that name by the key \(key.name)"))
        } else if report.isIntact, report.signed < report.size {
            verdict.remarks.append("no checkpoint covers the records from \(report.signed) on yet")
        }
        if report.prunedBefore > 0 {
            verdict.prunedBefore = report.prunedBefore
            verdict.remarks.append(
                "the texts of records 0 to \(report.prunedBefore - 1) were pruned: of these only hashes")
        }
        return verdict
    }

    private static let next = "the ledger.db of a vaultd, or a copy of one"

    /// What open(2) says of it; SQLite has words of its own.
    private func checkFile() throws {
        try Failure.system("\(path)", next: Self.next) { () throws(Errno) in
            let file = try OwnedDescriptor.open(path, flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
            if try FileStatus(of: file).kind == .directory { throw .isDirectory }
        }
    }

    /// The checkpoints beside the database count where it has the name that it has in a state directory.
    private var verifier: LedgerVerifier {
        guard path.lastComponent == "ledger.db" else { return LedgerVerifier(database: path) }
        let directory = path.removingLastComponent()
        return LedgerVerifier(directory: directory.isEmpty ? "." : directory)
    }
}

extension Damage {
    /// Whether it may come of the key alone that was given: under another one no signature of the log verifies.
    fileprivate var isAboutKey: Bool {
        switch self {
        case .otherKey, .badSignature: true
        default: false
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import SystemPackage
import TransparencyLog
import VaultLedger

/// Verifies the files of a log, with a daemon or without, or a copy of them.
struct DatabaseVerification {
    private let path: String
    private let key: String?
    private let from: String?

    init(_ path: String, key: String?, from: String?) {
        (self.path, self.key, self.from) = (path, key, from)
    }

    func run() throws -> Verdict {
        let progress = Progress("verifying")
        let report: VerificationReport
        do throws(LedgerError) {
            report = try LedgerVerifier(database: FilePath(path)).verify(
                threads: ProcessInfo.processInfo.activeProcessorCount
            ) { progress.show($0, of: $1) }
        } catch {
            throw Failure(status: 4, description: "\(path): \(error.message)", next: error.remedy)
        }
        progress.finish()
        var verdict = Verdict(log: path, records: 0..<report.size, root: report.root.flatMap { TreeHash($0) })
        verdict.findings = report.damage.map { Finding(record: $0.firstIndex, $0.description) }
        return verdict
    }
}

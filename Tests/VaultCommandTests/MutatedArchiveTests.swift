// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONText
import Testing
import TransparencyLog
import VaultTestKit

@testable import OfflineVerbs

@Suite("An archive with changed bytes")
struct MutatedArchiveTests {
    @Test("is refused, or found to be damaged, or says what it said: its verification ends no program")
    func mutated() async throws {
        let seed = Seed()
        var random = seed.generator
        let log = try TestLog(600)
        let broker = try FakeBroker { log.answer($0) }
        let path = broker.directory.path("archive").string
        let exported = try await broker.vault("audit", "export", "--format", "archive", path)
        #expect(exported.status.isSuccess, "\(exported.errorText)")
        let archive = Array(try Data(contentsOf: URL(filePath: path)))
        let intact = try StreamVerification(LogStream(path), key: log.key, from: nil).run(named: "a")
        #expect(intact.findings.isEmpty)
        let changed = broker.directory.path("changed").string
        var outcomes: [String: Int] = [:]
        for _ in 0..<Soak.count(100, full: 20_000) {
            let bytes = archive.mutated(with: "\"\\{}[],:0-eu \n\u{1}", using: &random)
            try Data(bytes).write(to: URL(filePath: changed))
            do {
                let verdict = try StreamVerification(LogStream(changed), key: log.key, from: nil).run(named: "a")
                if verdict.findings.isEmpty { #expect(verdict.root == intact.root, "\(seed)") }
                outcomes[verdict.findings.isEmpty ? "same" : "damaged", default: 0] += 1
            } catch {
                outcomes["refused", default: 0] += 1
            }
        }
        #expect(outcomes["damaged", default: 0] > 0, "\(outcomes)")
        // So few changes need not meet what an archive begins with.
        try Data([UInt8(ascii: "x")] + archive.dropFirst()).write(to: URL(filePath: changed))
        #expect(throws: (any Error).self) {
            try StreamVerification(LogStream(changed), key: log.key, from: nil).run(named: "a")
        }
    }
}

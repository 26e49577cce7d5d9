// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultCore

@Suite("A flood of denials")
struct DenialFoldTests {
    @Test("one uid gets twenty records in ten seconds, and the rest as one summary")
    func perUser() {
        var fold = DenialFold()
        var recorded = 0
        for step in 0..<100 {
            if fold.admit(uid: 1000, kind: "open", bootUSec: Int64(step) * 1000, wallUSec: Int64(step)) {
                recorded += 1
            }
        }
        #expect(recorded == 20)
        let summaries = fold.summaries()
        #expect(summaries.count == 1)
        #expect(summaries.first?.count == 80)
        #expect(summaries.first?.kinds == ["open": 80])
        #expect(summaries.first?.firstUSec == 20)
        #expect(summaries.first?.lastUSec == 99)
        #expect(!fold.hasFolded)
    }

    @Test("over all uids two hundred get records of their own")
    func overall() {
        var fold = DenialFold()
        var recorded = 0
        for uid in UInt32(0)..<300 {
            if fold.admit(uid: uid, kind: "open", bootUSec: 0, wallUSec: 0) { recorded += 1 }
        }
        #expect(recorded == 200)
        let summaries = fold.summaries()
        #expect(summaries.count == 17)
        #expect(summaries.last?.uid == nil)
        #expect(summaries.reduce(0) { $0 + $1.count } == 100)
    }

    @Test("after ten seconds it begins anew")
    func window() {
        var fold = DenialFold()
        for _ in 0..<30 { _ = fold.admit(uid: 1, kind: "open", bootUSec: 20_000_000, wallUSec: 0) }
        let inside = fold.admit(uid: 1, kind: "open", bootUSec: 29_999_999, wallUSec: 0)
        #expect(!inside)
        let after = fold.admit(uid: 1, kind: "open", bootUSec: 30_000_000, wallUSec: 0)
        #expect(after)
    }
}

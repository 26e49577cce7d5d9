// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultCore

@Suite("How many records a user writes in a second")
struct RecordPaceTests {
    private func admitted(_ calls: [(records: Int, uid: UInt32, bootUSec: Int64)]) -> [Bool] {
        var pace = RecordPace()
        return calls.map { pace.admit($0.records, for: .user($0.uid), limit: 5, bootUSec: $0.bootUSec) }
    }

    @Test("as many as the limit says, for each user, and again in the next second")
    func limit() {
        let calls: [(Int, UInt32, Int64)] = [
            (3, 1, 10_000_000), (2, 1, 10_999_999), (1, 1, 10_999_999), (1, 2, 10_999_999), (1, 1, 11_000_000),
        ]
        #expect(admitted(calls) == [true, true, false, true, true])
        #expect(RecordPace.nextUSec(bootUSec: 10_999_999) == 1)
        #expect(RecordPace.nextUSec(bootUSec: 11_000_000) == 1_000_000)
    }

    @Test("a single call that is larger than the limit has the second to itself")
    func large() { #expect(admitted([(9, 1, 0), (1, 1, 0)]) == [true, false]) }
}

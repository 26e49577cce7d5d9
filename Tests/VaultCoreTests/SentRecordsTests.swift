// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultCore

@Suite("What was sent over a connection, and may have arrived")
struct SentRecordsTests {
    @Test("What was not sent, or was said before, is nothing")
    func once() {
        var sent = SentRecords()
        for record in UInt64(5)...9 { sent.add(record) }
        #expect(sent.take([4, 6, 6, .max]) == [6])
        #expect(sent.take([6]) == [])
        #expect(sent.take([9, 8, 7, 5, 10, 6]) == [5, 7, 8, 9])
        #expect(sent.count == 0)
        #expect(sent.take([5, .max]) == [])
        sent.add(12)
        #expect(sent.take([12]) == [12])
    }

    @Test("Of more than there is room for the newest are kept, whatever was taken in between")
    func bounded() {
        var sent = SentRecords()
        let most = UInt64(SentRecords.mostAwaitingReceipt)
        for record in 0..<most { sent.add(record) }
        #expect(sent.take([3, most - 1]) == [3, most - 1])
        for record in most..<most + 10 { sent.add(record) }
        // The places of ten are taken over, one of them free by then.
        #expect(sent.count == Int(most) - 1)
        #expect(sent.take([9]) == [])
        #expect(sent.take([10, most + 9]) == [10, most + 9])
        for record in most + 10..<most * 3 { sent.add(record) }
        #expect(sent.count == Int(most))
        #expect(sent.take(Array(0..<most * 2)) == [])
        #expect(Set(sent.take(Array(most * 2..<most * 3))) == Set(most * 2..<most * 3))
        #expect(sent.count == 0)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultCore

@Suite("What became of grants")
struct DeliveryLogTests {
    @Test("an outcome is told once, and the grant is no longer open")
    func outcomes() {
        var log = DeliveryLog()
        for index in UInt64(10)...14 { log.granted(index) }
        log.sent(10)
        log.sent(11)
        log.failed(12, errno: "EPIPE")
        log.failed(13, reason: .revoked)
        #expect(log.settled(before: 15) == 14)
        let told = log.take()
        #expect(told.sent == [10...11])
        #expect(told.failed.map(\.index) == [12, 13])
        #expect(told.failed.map(\.errno) == ["EPIPE", nil])
        #expect(told.failed.map(\.reason) == [nil, "revoked"])
        #expect(log.isEmpty)
        log.sent(14)
        #expect(log.settled(before: 15) == 15)
    }

    @Test("what a voided record told is told by the next one")
    func restore() {
        var log = DeliveryLog()
        log.granted(1)
        log.granted(2)
        log.sent(1)
        let voided = log.take()
        log.sent(2)
        log.restore(voided, record: 3)
        let told = log.take()
        #expect(told.sent.flatMap { Array($0) } == [1, 2])
    }

    @Test("nothing is owed for a grant whose commit was voided")
    func voided() {
        var log = DeliveryLog()
        log.granted(7)
        log.voided(7)
        #expect(log.settled(before: 8) == 8)
        #expect(log.isEmpty)
    }

    @Test("What a voided record told, and is told all the same, is not told again")
    func toldAfterAll() {
        var log = DeliveryLog()
        for index in UInt64(1)...6 { log.granted(index) }
        for index in UInt64(1)...4 { log.sent(index) }
        log.failed(5, errno: "EPIPE")
        log.unknown(6)
        let told = log.take()
        log.restore(told, record: 7)
        log.keep(undelivered: [2, 3, 5], size: 7)
        let again = log.take()
        #expect(again.sent == [2...3])
        #expect(again.failed.map(\.index) == [5])
        #expect(again.unknown == [])
    }

    @Test("What arrives in any order is told in that of the log")
    func receipts() {
        var log = DeliveryLog()
        log.received([12, 10], missing: [7])
        #expect(!log.isEmpty)
        log.received([11], missing: [])
        let told = log.take()
        #expect(told.received == [10...12])
        #expect(told.missing == [7])
        #expect(log.isEmpty)
    }

    @Test(
        "A receipt in a record that was voided is told again if that is not in the log, and only then",
        arguments: [9, 10])
    func voidedReceipts(size: UInt64) {
        var log = DeliveryLog()
        log.received([1, 2], missing: [3])
        log.restore(log.take(), record: 9)
        log.received([5], missing: [])
        log.keep(undelivered: [], size: size)
        let told = log.take()
        #expect(told.received == (size == 9 ? [1...2, 5...5] : [5...5]))
        #expect(told.missing == (size == 9 ? [3] : []))
    }
}

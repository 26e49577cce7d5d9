// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@testable import VaultCore

@Suite("Descriptions made ahead")
struct FreshStockTests {
    private func descriptor() -> TestDescriptor { TestDescriptor() }

    private func expectOrder(_ stock: inout FreshStock, _ wanted: Int, _ why: String = "") {
        let ordered = stock.order(.read)
        #expect(ordered == wanted, "\(why)")
    }

    @Test("nothing is made ahead until somebody asks; then as much as the demand")
    func demand() {
        var stock = FreshStock()
        expectOrder(&stock, 0)
        let takenForReading = stock.take(.read)
        #expect(takenForReading == nil)
        expectOrder(&stock, 2)
        expectOrder(&stock, 0, "what is ordered is not ordered again")
        stock.arrived(descriptor(), .read)
        stock.arrived(descriptor(), .read)
        #expect(stock.count == 2)
        let firstTaken = stock.take(.read)
        #expect(firstTaken != nil)
        let takenForWriting = stock.take(.write)
        #expect(takenForWriting == nil, "other rights are another stock")
    }

    @Test("it never grows beyond its limit, and shrinks to nothing when nobody asks")
    func limits() {
        var stock = FreshStock()
        for _ in 0..<20 { _ = stock.take(.read) }
        expectOrder(&stock, FreshStock.largest)
        for _ in 0..<FreshStock.largest { stock.arrived(descriptor(), .read) }
        for _ in 0..<8 { stock.shrink() }
        #expect(stock.count == 0)
    }

    @Test("copies are made ahead for each user apart, for so many users and so many at most")
    func owners() {
        var stock = FreshStock()
        let first = CopyOwner(uid: 1, gid: 1)
        for _ in 0..<8 { _ = stock.take(.read, owner: first, limit: 3) }
        #expect(stock.order(.read, owner: first) == 3)
        stock.arrived(descriptor(), .read, owner: first)
        let others = stock.take(.read, owner: CopyOwner(uid: 2, gid: 1))
        #expect(others == nil, "it belongs to another user")
        let own = stock.take(.read, owner: first)
        #expect(own != nil)
        for uid in 3..<100 as Range<UInt32> { _ = stock.take(.read, owner: .init(uid: uid, gid: 1)) }
        #expect(stock.order(.read, owner: .init(uid: 99, gid: 1)) == 0)
    }

    @Test("a failure ends the demand, so that a file that is gone is not asked for again and again")
    func failure() {
        var stock = FreshStock()
        _ = stock.take(.read)
        expectOrder(&stock, 2)
        stock.arrived(nil, .read)
        stock.arrived(nil, .read)
        expectOrder(&stock, 0)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultCore

@Suite("What waits, by whose it is")
struct FairQueueTests {
    @Test("owners take turns, and of one owner the oldest comes first")
    func turns() {
        var queue = FairQueue<Int, String>()
        for index in 0..<3 { queue.append("a\(index)", of: 1) }
        queue.append("b0", of: 2)
        queue.append("c0", of: 3)
        queue.append("c1", of: 3)
        #expect(queue.count == 6 && queue.count(of: 1) == 3 && queue.count(of: 4) == 0)
        var order: [String] = []
        while let next = queue.popNext() { order.append(next.element) }
        #expect(order == ["a0", "b0", "c0", "a1", "c1", "a2"])
        #expect(queue.isEmpty && queue.count(of: 1) == 0)
    }

    @Test("who may not go is passed over, and keeps its place")
    func passedOver() {
        var queue = FairQueue<Int, String>()
        for owner in 1...3 { for index in 0..<2 { queue.append("\(owner)-\(index)", of: owner) } }
        var popped = [queue.popNext { $0 != 1 }?.element, queue.popNext { $0 == 2 }?.element]
        popped += [queue.popNext { $0 == 7 }?.element, queue.popNext()?.element]
        #expect(popped == ["2-0", "2-1", nil, "1-0"])
        #expect(queue.count == 3)
    }

    @Test("what comes anew of one that has something waiting does not come before others")
    func noJumping() {
        var queue = FairQueue<Int, String>()
        queue.append("first", of: 1)
        queue.append("other", of: 2)
        var popped = [queue.popNext()?.element]
        queue.append("second", of: 1)
        popped += [queue.popNext()?.element, queue.popNext()?.element]
        #expect(popped == ["first", "other", "second"])
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultBroker

@Suite("Requests on their way to the opener")
struct OpenerLaneTests {
    /// Asks, and answers when the test says so.
    private final class Lane {
        let lane: OpenerLane
        var begun: [UInt32?] = []
        init(atOnce: Int, ofUser: Int) { lane = OpenerLane(atOnce: atOnce, ofUser: ofUser) }

        func enter(_ uid: UInt32?, _ count: Int = 1) {
            for _ in 0..<count {
                lane.enter(OpenerAccount(uid: uid), begin: { self.begun.append(uid) }, drop: {})
            }
        }

        func answer(_ uid: UInt32?) { lane.left(OpenerAccount(uid: uid)) }
    }

    @Test("one uid has so many under way, and the others go on past it")
    func share() {
        let lane = Lane(atOnce: 12, ofUser: 3)
        lane.enter(1, 100)
        #expect(lane.begun.count == 3)
        lane.enter(2)
        #expect(lane.begun.last == 2)
        lane.answer(1)
        #expect(lane.begun.count == 5 && lane.begun.last == 1)
    }

    @Test("the last places are for those who have none, and what waits begins one uid after the other")
    func lastPlaces() {
        let lane = Lane(atOnce: 8, ofUser: 2)
        for uid in UInt32(1)...3 { lane.enter(uid, 10) }
        #expect(lane.begun.count == 6)
        lane.enter(4, 3)
        lane.enter(5, 3)
        lane.enter(6, 3)
        #expect(lane.begun.suffix(2) == [4, 5] && lane.lane.underWay == 8)
        lane.answer(1)
        #expect(lane.begun.last == 6)
    }

    @Test("the broker's own may be many, and leave places")
    func own() {
        let lane = Lane(atOnce: 12, ofUser: 3)
        lane.enter(nil, 100)
        #expect(lane.begun.count == 9)
        lane.enter(1, 3)
        #expect(lane.begun.count { $0 == 1 } == 1)
    }

    @Test("what is answered while it is begun leaves its place, however many there are")
    func atOnce() {
        let lane = OpenerLane(atOnce: 4, ofUser: 2)
        var done = 0
        for _ in 0..<10_000 {
            let account = OpenerAccount(uid: 1)
            lane.enter(account) {
                done += 1
                lane.left(account)
            } drop: {
            }
        }
        #expect(done == 10_000 && lane.underWay == 0)
    }
}

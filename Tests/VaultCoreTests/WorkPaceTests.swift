// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultCore

@Suite("How much of the broker's time each uid may take")
struct WorkPaceTests {
    /// What uids get that always ask for more, each piece of work so long, in one second that begins after some time.
    private static func taken(by uids: [UInt32], each usec: Int64) -> [UInt32: Int64] {
        var pace = WorkPace()
        var taken: [UInt32: Int64] = [:]
        for now in stride(from: Int64(0), to: 3_000_000, by: 500) {
            for uid in uids {
                while pace.mayWork(uid, bootUSec: now) {
                    pace.charge(usec, uid, bootUSec: now)
                    if now >= 2_000_000 { taken[uid, default: 0] += usec }
                }
            }
        }
        return taken
    }

    @Test("one that always asks gets its share of each second, whatever a call costs", arguments: [20, 300, 9_000])
    func share(usec: Int64) {
        let taken = Self.taken(by: [1_000], each: usec)[1_000] ?? 0
        #expect((150_000...220_000).contains(taken), "\(taken)")
    }

    @Test("ten that always ask share what there is for all, each the same")
    func many() {
        let taken = Self.taken(by: Array(1_000..<1_010), each: 200)
        let all = taken.values.reduce(0, +)
        #expect((400_000...560_000).contains(all), "\(all)")
        #expect(taken.values.allSatisfy { (35_000...65_000).contains($0) }, "\(taken)")
    }

    @Test("what is given back can be taken again, and no more than there may be at once")
    func givenBack() {
        var pace = WorkPace()
        pace.giveBack(1_000, 1, bootUSec: 0)
        pace.charge(WorkPace.atOnce, 1, bootUSec: 0)
        #expect(!pace.mayWork(1, bootUSec: 0))
        pace.giveBack(WorkPace.atOnce * 2, 1, bootUSec: 0)
        #expect(pace.mayWork(1, bootUSec: 0))
        pace.charge(WorkPace.atOnce, 1, bootUSec: 0)
        #expect(!pace.mayWork(1, bootUSec: 0))
    }

    @Test("one that has asked for nothing may always begin, whatever others take")
    func quiet() {
        var pace = WorkPace()
        for now in stride(from: Int64(0), to: 1_000_000, by: 1_000) {
            for uid in UInt32(1_000)..<1_050 { pace.charge(5_000, uid, bootUSec: now) }
        }
        #expect(pace.mayWork(1, bootUSec: 1_000_000))
        #expect(!pace.mayWork(1_000, bootUSec: 1_000_000))
    }

    @Test("what is owed has an end, and is worked off")
    func owed() {
        var pace = WorkPace()
        pace.charge(3_600_000_000, 1_000, bootUSec: 0)
        #expect(!pace.mayWork(1_000, bootUSec: 1_000_000))
        #expect(pace.mayWork(1_000, bootUSec: 3_000_000))
        // A clock that stands still or goes back gives nothing.
        pace.charge(200_000, 1_000, bootUSec: 3_000_000)
        #expect(!pace.mayWork(1_000, bootUSec: 2_000_000))
    }

    @Test("who administers the machine has twice the share")
    func root() {
        let taken = Self.taken(by: [0], each: 300)[0] ?? 0
        #expect((320_000...430_000).contains(taken), "\(taken)")
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@testable import VaultCore

@Suite("Shares of what is scarce")
struct SharesTests {
    private let first = Account.user(1)
    private let second = Account.user(2)

    @Test("what was taken is given back when nobody has the charge any more")
    func givenBack() {
        let shares = Shares(most: 10, ofOne: 4)
        var charge = shares.take(3, for: first)
        #expect(shares.total == 3 && shares[first] == 3 && shares[second] == 0)
        let other = charge
        charge = nil
        #expect(shares[first] == 3, "somebody has it still")
        withExtendedLifetime(other) {}
        #expect(charge == nil)
    }

    @Test("all or nothing is taken, and one account has no more than its share")
    func share() {
        let shares = Shares(most: 100, ofOne: 4)
        let charge = shares.take(3, for: first)
        #expect(shares.take(2, for: first) == nil)
        #expect(shares.total == 3)
        #expect(shares.room(for: first) == 1 && shares.room(for: second) == 4)
        withExtendedLifetime(charge) {}
    }

    @Test("the last quarter is for who has none, so that a few who have all that they may leave something to others")
    func lastQuarter() {
        let shares = Shares(most: 8, ofOne: 4)
        var charges = [shares.take(4, for: first), shares.take(2, for: second)]
        #expect(!charges.contains { $0 == nil })
        #expect(shares.room(for: second) == 0)
        charges.append(shares.take(2, for: .user(3)))
        #expect(charges[2] != nil && shares.total == 8)
        #expect(shares.take(for: .user(4)) == nil)
        charges = []
        #expect(shares.total == 0 && shares.room(for: first) == 4)
    }

    @Test("whoever has a user namespace has one share, with all uids in it, and beside the one of their own uid")
    func namespaces() {
        let inside = (0..<3).map { TestCaller(uid: 100_000 + $0, otherAccount: .namespaces(of: 1)).caller.identity }
        #expect(Set(inside.map(\.account)) == [.namespaces(of: 1)])
        #expect(TestCaller(uid: 1).caller.identity.account == .user(1))
        #expect(
            [Account.namespaces(of: nil), .namespaces(of: 0), .user(9)].sorted() == [
                .user(9), .namespaces(of: 0), .namespaces(of: nil),
            ])
    }

    @Test("a message with as many descriptors as one can carry has room in every share, however few there are")
    func limits() {
        for limit in [64, 1_024, 4_096, 524_288, 1 << 30] {
            let limits = DescriptorLimits(of: limit)
            #expect(limits.onTheWayOfOne >= 253 && limits.onTheWay >= limits.onTheWayOfOne)
            #expect(limits.incomingOfOne >= 253 && limits.incoming >= limits.incomingOfOne)
            #expect(limits.keptOfOne <= limits.kept && limits.aheadOfOne <= limits.ahead)
            if limit >= 1_024 { #expect(limits.onTheWay + limits.kept + limits.ahead <= limit * 3 / 4) }
            if limit >= 4_096 { #expect(limits.incoming <= limit / 16) }
        }
    }
}

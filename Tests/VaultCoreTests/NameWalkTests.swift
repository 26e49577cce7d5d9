// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel
import VaultPolicy

@testable import VaultCore

@Suite("The walk over the names, in pieces")
struct NameWalkTests {
    private static let most = NameWalk.namesAtFirst

    private static func number(_ number: Int) -> String { "n/\(10_000 + number)" }

    /// Declared in another order than that of the names.
    private static func capabilities(_ numbers: some Sequence<Int>) -> [Capability] {
        numbers.reversed().map { Stage.file(number($0)) }
    }

    private let identity = Identity(uid: 1_000, gid: 1_000, pid: 7)

    private func next(
        _ walk: inout NameWalk, _ stage: Stage, where isMeant: (CapabilityEntry) -> Bool = { _ in true }
    ) -> [String] {
        walk.next(in: stage.core.holdings, by: stage.core.policy, for: identity, stage.now(), where: isMeant)
            .map(\.capability.name.text)
    }

    @Test("a piece is about so many names and no more, in their order, each once, until the end")
    func bounded() {
        for count in [0, 1, Self.most - 1, Self.most, Self.most + 1, 3 * Self.most] {
            let stage = Stage(capabilities: Self.capabilities(0..<count))
            var walk = NameWalk(nil)
            var all: [String] = []
            var pieces = 0
            repeat {
                var looked = 0
                all += next(&walk, stage) { _ in
                    looked += 1
                    return true
                }
                #expect(looked <= Self.most)
                pieces += 1
            } while !walk.isAtEnd
            #expect(all == (0..<count).map(Self.number))
            #expect(pieces == max(1, (count + Self.most - 1) / Self.most))
        }
    }

    @Test("a piece is fitted to the time that the last one took, within bounds, and grows twofold at most")
    func fitted() {
        let stage = Stage(capabilities: Self.capabilities(0..<2_000))
        var walk = NameWalk(nil)
        func piece(after usec: Int64) -> Int {
            walk.took(usec)
            return next(&walk, stage).count
        }
        #expect(next(&walk, stage).count == Self.most)
        #expect(piece(after: 2 * NameWalk.usecPerPiece) == Self.most / 2)
        #expect(piece(after: .max) == NameWalk.bounds.lowerBound)
        #expect(piece(after: 0) == 2 * NameWalk.bounds.lowerBound)
        #expect(piece(after: NameWalk.usecPerPiece) == 2 * NameWalk.bounds.lowerBound)
        for _ in 0..<10 { walk.took(1) }
        #expect(next(&walk, stage).count == NameWalk.bounds.upperBound)
    }

    @Test("a piece is about as many names where few of them may be seen, or none")
    func boundedWhereNothingIsSeen() {
        let stage = Stage(
            rules: [Stage.permit(name: Self.number(2 * Self.most))],
            capabilities: Self.capabilities(0..<3 * Self.most))
        var walk = NameWalk(nil)
        var pieces: [[String]] = []
        repeat { pieces.append(next(&walk, stage)) } while !walk.isAtEnd
        #expect(pieces == [[], [], [Self.number(2 * Self.most)]])
    }

    @Test("only names that match are in it")
    func pattern() throws {
        let stage = Stage(capabilities: Self.capabilities(0..<15))
        var walk = NameWalk(try NamePattern("n/1000*"))
        #expect(next(&walk, stage) == (0..<10).map(Self.number) && walk.isAtEnd)
    }

    @Test("another policy between two pieces decides on the second")
    func policyChanges() {
        let capabilities = Self.capabilities(0..<3 * Self.most)
        let stage = Stage(capabilities: capabilities)
        var walk = NameWalk(nil)
        #expect(next(&walk, stage).count == Self.most)
        var forbid = Stage.forbid("f", name: Self.number(Self.most + 1))
        forbid.actions = ActionSet(.list)
        stage.adopt([Stage.permit(), forbid], capabilities)
        let second = next(&walk, stage)
        #expect(second.count == Self.most - 1 && !second.contains(Self.number(Self.most + 1)))
        stage.adopt([], capabilities)
        #expect(next(&walk, stage).isEmpty && walk.isAtEnd)
    }

    @Test("what the clock has ended between two pieces is not in the second")
    func timeChanges() {
        let limit = Conditions(notAfterUSec: Stage().moment.wallUSec + 1_000_000)
        let stage = Stage(rules: [Stage.permit("r", limit)], capabilities: Self.capabilities(0..<2 * Self.most))
        var walk = NameWalk(nil)
        #expect(next(&walk, stage).count == Self.most)
        stage.pass(1_000_000)
        #expect(next(&walk, stage).isEmpty && walk.isAtEnd)
    }

    @Test("it goes on behind its last name, whatever is declared or removed meanwhile")
    func tableChanges() {
        let stage = Stage(capabilities: Self.capabilities(0..<2 * Self.most))
        var walk = NameWalk(nil)
        let first = next(&walk, stage)
        // Its last name is among those that are gone.
        stage.adopt(
            [Stage.permit()],
            Self.capabilities((Self.most + 10)..<(2 * Self.most)) + [Stage.file("a"), Stage.file("z")])
        #expect(first.count == Self.most)
        #expect(next(&walk, stage) == ((Self.most + 10)..<(2 * Self.most)).map(Self.number) + ["z"] && walk.isAtEnd)
    }

    @Test("the table is in the order of its names after every change of it")
    func sorted() {
        let stage = Stage(capabilities: Self.capabilities(0..<50))
        for numbers in [Array(0..<50), Array(20..<70), [], [3], Array(0..<9) + Array(40..<60)] {
            stage.adopt([Stage.permit()], Self.capabilities(numbers))
            #expect(stage.core.holdings.sorted.map(\.capability.name.text) == numbers.map(Self.number))
            #expect(stage.core.holdings.count == numbers.count)
        }
    }
}

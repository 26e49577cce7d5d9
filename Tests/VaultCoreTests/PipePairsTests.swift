// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@testable import VaultCore

@Suite("Pairs of pipe ends")
struct PipePairsTests {
    private static let account = Account.user(1)

    private func pair() -> (TestDescriptor, TestDescriptor) { (TestDescriptor(), TestDescriptor()) }

    /// Takes an end for somebody who has a share, from pairs that all lead somewhere.
    private func take(
        _ pairs: inout PipePairs, _ side: PipePairs.Side, _ choice: PipePairs.Choice = .any
    ) -> (any PassableDescriptor, PipePairs.End)? {
        let shares = Shares(most: 9, ofOne: 9)
        let taken = pairs.take(
            side, choice, for: Self.account, isAbandoned: { _, _ in false }, charge: { shares.take(for: Self.account) })
        guard case .end(let descriptor, let end) = taken else { return nil }
        return (descriptor, end)
    }

    @Test("each end is given once, and the other waits for its taker")
    func ends() throws {
        var pairs = PipePairs()
        let (reader, writer) = pair()
        pairs.add(read: reader, write: writer)
        let readTaken = take(&pairs, .read)
        let read = try #require(readTaken)
        #expect(read.0 === reader)
        let none = take(&pairs, .read)
        #expect(none == nil)
        pairs.delivered(read.1)
        #expect(pairs.heldCount == 1)
        let writeTaken = take(&pairs, .write)
        let write = try #require(writeTaken)
        #expect(write.0 === writer)
        pairs.delivered(write.1)
        #expect(pairs.heldCount == 0)
    }

    @Test("who wants both ends gets those of one pair, past ends that wait for others")
    func bothEnds() throws {
        var pairs = PipePairs()
        let (waiting, gone) = pair()
        let (reader, writer) = pair()
        pairs.add(read: waiting, write: gone)
        pairs.add(read: reader, write: writer)
        let other = take(&pairs, .write)
        try pairs.delivered(#require(other?.1))
        let readTaken = take(&pairs, .read, .whole)
        let read = try #require(readTaken)
        #expect(read.0 === reader)
        let write = take(&pairs, .write, .partner(of: read.1))
        #expect(write?.0 === writer)
        let none = take(&pairs, .read, .whole)
        #expect(none == nil)
        let rest = take(&pairs, .read, .partner(of: read.1))
        #expect(rest?.0 === waiting, "where its partner is not to be had, any will do")
    }

    @Test("an end that could not be sent goes back to its own pair")
    func giveBack() throws {
        var pairs = PipePairs()
        let (firstReader, firstWriter) = pair()
        let (secondReader, secondWriter) = pair()
        pairs.add(read: firstReader, write: firstWriter)
        pairs.add(read: secondReader, write: secondWriter)
        let firstTaken = take(&pairs, .read)
        let first = try #require(firstTaken)
        let secondTaken = take(&pairs, .read)
        let second = try #require(secondTaken)
        #expect(second.0 === secondReader)
        pairs.giveBack(first.0, first.1)
        let again = take(&pairs, .read)
        #expect(again?.0 === firstReader)
    }

    @Test("an end comes back to its pair though the other has left for good")
    func otherHasLeft() throws {
        var pairs = PipePairs()
        let (reader, writer) = pair()
        pairs.add(read: reader, write: writer)
        let readTaken = take(&pairs, .read)
        let read = try #require(readTaken)
        let writeTaken = take(&pairs, .write)
        let write = try #require(writeTaken)
        pairs.delivered(read.1)
        pairs.giveBack(write.0, write.1)
        #expect(pairs.heldCount == 1)
        let again = take(&pairs, .write)
        #expect(again?.0 === writer)
    }

    @Test("what was let go of takes nothing back")
    func closed() throws {
        var pairs = PipePairs()
        let (reader, writer) = pair()
        pairs.add(read: reader, write: writer)
        let readTaken = take(&pairs, .read)
        let read = try #require(readTaken)
        pairs.closeAll()
        pairs.giveBack(read.0, read.1)
        #expect(pairs.heldCount == 0)
    }

    @Test("what is kept is on the account of whoever got the other end last, and free when both have left")
    func charges() throws {
        let shares = Shares(most: 16, ofOne: 1)
        var pairs = PipePairs()
        func take(_ side: PipePairs.Side, _ account: Account) -> PipePairs.End? {
            let taken = pairs.take(
                side, for: account, isAbandoned: { _, _ in false }, charge: { shares.take(for: account) })
            guard case .end(_, let end) = taken else { return nil }
            return end
        }
        let (reader, writer) = pair()
        pairs.add(read: reader, write: writer, shares.take(for: .user(1)))
        let read = try #require(take(.read, .user(2)))
        #expect(shares[.user(1)] == 0 && shares[.user(2)] == 1)
        pairs.add(read: TestDescriptor(), write: TestDescriptor())
        #expect(take(.read, .user(2)) == nil, "it keeps one already")
        pairs.delivered(read)
        let write = try #require(take(.write, .user(3)))
        #expect(shares[.user(3)] == 0, "nothing is kept for the second")
        pairs.delivered(write)
        #expect(shares.total == 0)
    }

    @Test(
        "a writing end that nobody reads is never given out; a reading end is, for what may be in it",
        arguments: [PipePairs.Side.read, .write])
    func abandoned(gone: PipePairs.Side) throws {
        var pairs = PipePairs()
        let (reader, writer) = pair()
        pairs.add(read: reader, write: writer)
        pairs.delivered(try #require(take(&pairs, gone)).1)
        let taken = pairs.take(
            gone == .read ? .write : .read, for: Self.account, isAbandoned: { _, _ in true }, charge: { nil })
        let isTaken = if case .end = taken { true } else { false }
        #expect(isTaken == (gone == .write))
        #expect(pairs.heldCount == 0)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultCore

@Suite("Pairs of pipe ends")
struct PipePairsTests {
    private func pair() -> (TestDescriptor, TestDescriptor) { (TestDescriptor(), TestDescriptor()) }

    @Test("each end is given once, and the other waits for its taker")
    func ends() throws {
        var pairs = PipePairs()
        let (reader, writer) = pair()
        pairs.add(read: reader, write: writer)
        let readTaken = pairs.take(.read)
        let read = try #require(readTaken)
        #expect(read.0 === reader)
        let none = pairs.take(.read)
        #expect(none == nil)
        pairs.delivered(read.1)
        #expect(pairs.heldCount == 1)
        let writeTaken = pairs.take(.write)
        let write = try #require(writeTaken)
        #expect(write.0 === writer)
        pairs.delivered(write.1)
        #expect(pairs.heldCount == 0)
    }

    @Test("an end that could not be sent goes back to its own pair")
    func giveBack() throws {
        var pairs = PipePairs()
        let (firstReader, firstWriter) = pair()
        let (secondReader, secondWriter) = pair()
        pairs.add(read: firstReader, write: firstWriter)
        pairs.add(read: secondReader, write: secondWriter)
        let firstTaken = pairs.take(.read)
        let first = try #require(firstTaken)
        let secondTaken = pairs.take(.read)
        let second = try #require(secondTaken)
        #expect(second.0 === secondReader)
        pairs.giveBack(first.0, first.1)
        let again = pairs.take(.read)
        #expect(again?.0 === firstReader)
    }

    @Test("an end comes back to its pair though the other has left for good")
    func otherHasLeft() throws {
        var pairs = PipePairs()
        let (reader, writer) = pair()
        pairs.add(read: reader, write: writer)
        let readTaken = pairs.take(.read)
        let read = try #require(readTaken)
        let writeTaken = pairs.take(.write)
        let write = try #require(writeTaken)
        pairs.delivered(read.1)
        pairs.giveBack(write.0, write.1)
        #expect(pairs.heldCount == 1)
        let again = pairs.take(.write)
        #expect(again?.0 === writer)
    }

    @Test("what was let go of takes nothing back")
    func closed() throws {
        var pairs = PipePairs()
        let (reader, writer) = pair()
        pairs.add(read: reader, write: writer)
        let readTaken = pairs.take(.read)
        let read = try #require(readTaken)
        pairs.closeAll()
        pairs.giveBack(read.0, read.1)
        #expect(pairs.heldCount == 0)
    }
}

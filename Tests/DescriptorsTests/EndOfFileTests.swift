// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("The end of file")
struct EndOfFileTests {
    @Test(
        "of a stream is told after everything that was sent, with and without SO_PASSCRED, and names nobody",
        arguments: [true, false])
    func stream(passes: Bool) throws {
        var pair = try MessageSocket.pair()
        try SocketOption.setPassCredentials(passes, on: pair.second)
        try MessageSocket.send([1].span, passing: nulls(1), on: pair.first)
        pair.first = try OwnedDescriptor.open("/dev/null")
        for room in [ControlRoom.mostDescriptors, .credentials, .none] {
            let message = try receive(on: pair.second, room: room)
            if room == .mostDescriptors {
                #expect(message.bytes.count == 1 && !message.isEndOfFile && message.descriptors.count == 1)
            } else {
                #expect(message.bytes.count == 0 && message.isEndOfFile)
                #expect(message.credentials == nil && !message.isControlTruncated)
            }
        }
    }

    @Test("is no empty message: a datagram socket has the one and not the other", arguments: [true, false])
    func datagram(passes: Bool) throws {
        let pair = try MessageSocket.pair(.datagram)
        try SocketOption.setPassCredentials(passes, on: pair.second)
        for text in ["", "x", ""] { try MessageSocket.send(Array(text.utf8).span, on: pair.first) }
        for count in [0, 1, 0] {
            let message = try receive(on: pair.second)
            #expect(message.bytes.count == count)
            #expect(!message.isEndOfFile)
        }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { _ = try receive(on: pair.second) }
    }

    @Test("of a seqpacket socket is told from the empty messages before it", arguments: [true, false])
    func seqpacket(passes: Bool) throws {
        var pair = try MessageSocket.pair(.seqpacket)
        try SocketOption.setPassCredentials(passes, on: pair.second)
        for text in ["", "", "x"] { try MessageSocket.send(Array(text.utf8).span, on: pair.first) }
        #expect(try !receive(on: pair.second).isEndOfFile)
        pair.first = try OwnedDescriptor.open("/dev/null")
        // The peer is gone by now, and yet there is something behind this empty one.
        #expect(try !receive(on: pair.second).isEndOfFile)
        #expect(try receive(on: pair.second).bytes.count == 1)
        #expect(try receive(on: pair.second).isEndOfFile)
    }

    @Test("of a seqpacket socket is told even from an empty message that comes last, with SO_PASSCRED")
    func seqpacketLast() throws {
        var pair = try MessageSocket.pair(.seqpacket)
        try SocketOption.setPassCredentials(true, on: pair.second)
        try MessageSocket.send([UInt8]().span, on: pair.first)
        pair.first = try OwnedDescriptor.open("/dev/null")
        #expect(try !receive(on: pair.second).isEndOfFile)
        #expect(try receive(on: pair.second).isEndOfFile)
    }

    @Test(
        "an empty message with a descriptor, which the kernel lets through, is owned and is no end",
        arguments: [
            SocketType.datagram, .seqpacket,
        ])
    func emptyWithDescriptor(type: SocketType) throws {
        var pair = try MessageSocket.pair(type)
        try sendRaw([], [.rights(nulls(1))], on: pair.first)
        pair.first = try OwnedDescriptor.open("/dev/null")
        let message = try receive(on: pair.second)
        #expect(message.bytes.count == 0 && !message.isEndOfFile)
        #expect(message.descriptors.count == 1)
    }

    @Test("of a peer that only stopped writing leaves the other direction open")
    func halfClosed() throws {
        let pair = try MessageSocket.pair()
        try UnixSocket.shutDown(pair.first, reading: false)
        #expect(try receive(on: pair.second).isEndOfFile)
        try MessageSocket.send([1].span, on: pair.second)
        #expect(try receive(on: pair.first).bytes.count == 1)
    }
}

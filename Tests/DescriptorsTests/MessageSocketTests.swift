// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import CLinux
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("A message with descriptors")
struct MessageSocketTests {
    @Test("arrives with its bytes and its descriptors in order, close-on-exec", arguments: allTypes)
    func arrives(type: SocketType) throws {
        let pair = try MessageSocket.pair(type)
        let first = HeldDescriptor(try memory("first"))
        let second = HeldDescriptor(try memory("second"))
        let sent = try MessageSocket.send([1, 2, 3].span, passing: [first, second], on: pair.first)
        #expect(sent == 3)
        let message = try receive(on: pair.second)
        #expect(message.bytes == [1, 2, 3])
        try #require(message.descriptors.count == 2)
        #expect(contents(of: message.descriptors[0]) == "first")
        #expect(contents(of: message.descriptors[1]) == "second")
        #expect(try DescriptorStatus.isCloseOnExec(message.descriptors[0]))
        #expect(try DescriptorStatus.isSameDescription(message.descriptors[1], second))
        #expect(!message.isTruncated && !message.isControlTruncated && !message.isEndOfFile)
        #expect(message.credentials == nil)
    }

    @Test("can be taken apart, and what is taken out lives on")
    func takenApart() throws {
        let pair = try MessageSocket.pair()
        try MessageSocket.send([0].span, passing: memory("kept"), on: pair.first)
        var bytes: [UInt8] = [0, 0]
        var span = bytes.mutableSpan
        var message = try MessageSocket.receive(into: &span, room: .descriptors(1), on: pair.second)
        var kept: HeldDescriptor?
        if let last = message.descriptors.popLast() { kept = HeldDescriptor(last) }
        _ = consume message
        #expect(kept.map { contents(of: $0) } == "kept")
    }

    @Test("without descriptors needs no control data, and none has to be received", arguments: allTypes)
    func plain(type: SocketType) throws {
        let pair = try MessageSocket.pair(type)
        try MessageSocket.send(Array("plain".utf8).span, on: pair.first)
        let message = try receive(on: pair.second, room: .none)
        #expect(message.text == "plain")
        #expect(message.descriptors.isEmpty && !message.isControlTruncated)
    }

    @Test("carries at most 253 descriptors: 253 arrive, 254 the kernel refuses with EINVAL", arguments: allTypes)
    func mostDescriptors(type: SocketType) throws {
        let pair = try MessageSocket.pair(type)
        let most = try nulls(MessageSocket.mostDescriptors)
        let tooMany = most + most.prefix(1)
        try MessageSocket.send([0].span, passing: most, on: pair.first)
        #expect(try receive(on: pair.second).descriptors.count == 253)
        #expect(throws: Errno.invalidArgument) {
            try MessageSocket.send([0].span, passing: tooMany, on: pair.first)
        }
        #expect(throws: Errno.invalidArgument) {
            try sendRaw([0], [.rights(tooMany)], on: pair.first)
        }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { _ = try receive(on: pair.second) }
    }

    @Test("needs a byte of data: descriptors without one are a bug of the caller")
    func needsAByte() async {
        await #expect(processExitsWith: .failure) {
            let pair = try MessageSocket.pair(.datagram)
            try MessageSocket.send([UInt8]().span, passing: nulls(1), on: pair.first)
        }
    }

    @Test("that is bad in one descriptor is not sent at all")
    func badDescriptor() throws {
        let pair = try MessageSocket.pair()
        #expect(throws: Errno.badFileDescriptor) {
            try MessageSocket.send([0].span, passing: BareNumber(1 << 20), on: pair.first)
        }
        #expect(throws: Errno.resourceTemporarilyUnavailable) { _ = try receive(on: pair.second) }
    }

    @Test(
        "to a full socket is EAGAIN, to a closed one EPIPE without a signal",
        arguments: [SocketType.stream, .seqpacket])
    func fullAndClosed(type: SocketType) async {
        await #expect(processExitsWith: .success) { [type = type.rawValue as CInt] in
            // A test process may have it ignored already.
            _ = signal(SIGPIPE, SIG_DFL)
            try Self.fillAndClose(SocketType(rawValue: type))
        }
    }

    private static func fillAndClose(_ type: SocketType) throws {
        var pair = try MessageSocket.pair(type)
        let block = [UInt8](repeating: 0, count: 4096)
        var sent = 0
        #expect(throws: Errno.resourceTemporarilyUnavailable) {
            while true { sent += try MessageSocket.send(block.span, on: pair.first, flags: .dontWait) }
        }
        #expect(sent > 0)
        // What it has not read would make it ECONNRESET at first.
        while (try? receive(on: pair.second)) != nil {}
        pair.second = try OwnedDescriptor.open("/dev/null")
        #expect(throws: Errno.brokenPipe) { try MessageSocket.send(block.span, on: pair.first) }
    }

    @Test("from a bound sender tells its address if that is asked for")
    func senderAddress() throws {
        let directory = try TemporaryDirectory()
        let receiver = try UnixSocket.bind(to: .path(directory.path("receiver")), type: .datagram)
        let sender = try UnixSocket.bind(to: .path(directory.path("sender")), type: .datagram)
        let stranger = try UnixSocket.make(.datagram)
        try MessageSocket.send([1].span, to: .path(directory.path("receiver")), on: sender)
        try MessageSocket.send([1].span, to: .path(directory.path("receiver")), on: stranger)
        let first = try receive(on: receiver, wantsSender: true)
        #expect(first.sender == .path(directory.path("sender")))
        let second = try receive(on: receiver, wantsSender: true)
        #expect(second.sender == nil)
    }

    @Test("longer than the buffer is marked as truncated, where messages have an end, and keeps its descriptors")
    func truncated() throws {
        for type in [SocketType.seqpacket, .datagram] {
            let pair = try MessageSocket.pair(type)
            try MessageSocket.send([1, 2, 3, 4].span, passing: memory("x"), on: pair.first)
            let message = try receive(on: pair.second, upTo: 3)
            #expect(message.bytes.count == 3)
            #expect(message.isTruncated)
            #expect(message.descriptors.count == 1)
        }
    }

    @Test("gives its descriptors up all at once")
    func descriptorsTaken() throws {
        let pair = try MessageSocket.pair()
        let memory = HeldDescriptor(try SealedMemory.makeUnsealed(name: "descriptorsTaken"))
        try MessageSocket.send([0].span, passing: [memory, memory], on: pair.first)
        var bytes: [UInt8] = [0, 0]
        var span = bytes.mutableSpan
        let message = try MessageSocket.receive(into: &span, room: .mostDescriptors, on: pair.second)
        let count = message.byteCount
        let descriptors = message.descriptors
        let taken = descriptors.count
        #expect(count == 1 && taken == 2)
        #expect(openDescriptorCount(of: "memfd:descriptorsTaken") == 3)
    }

    @Test("that was cut off can be closed elsewhere: what came in is set aside, and closed with the message")
    func discarded() throws {
        let pair = try MessageSocket.pair()
        let memory = HeldDescriptor(try SealedMemory.makeUnsealed(name: "discarded"))
        try MessageSocket.send([0].span, passing: [memory, memory], on: pair.first)
        do {
            var bytes: [UInt8] = [0]
            var span = bytes.mutableSpan
            let message = try MessageSocket.receive(into: &span, room: .descriptors(1), on: pair.second)
            let (kept, setAside) = (message.descriptors.count, message.discarded.count)
            #expect(kept == 0 && setAside == 2)
        }
        #expect(openDescriptorCount(of: "memfd:discarded") == 1)
    }

    @Test("can be peeked at: its descriptors come anew with each look and are owned each time")
    func peeked() throws {
        let pair = try MessageSocket.pair()
        try MessageSocket.send([1].span, passing: SealedMemory.makeUnsealed(name: "peeked"), on: pair.first)
        for _ in 0..<3 {
            let message = try receive(on: pair.second, flags: [.peek, .dontWait])
            #expect(message.descriptors.count == 1)
            #expect(openDescriptorCount(of: "memfd:peeked") == 1)
            _ = consume message
        }
        #expect(openDescriptorCount(of: "memfd:peeked") == 0)
        #expect(try receive(on: pair.second).descriptors.count == 1)
    }

    @Test(
        "in flight is bounded for an ordinary user, and beyond the bound sending is ETOOMANYREFS",
        .enabled(if: Command.canChangeUser, "needs root, to become an ordinary user"))
    func inFlight() async {
        await #expect(processExitsWith: .success) {
            // Own limit, own user: what is in flight is counted for all processes of a user.
            var limit = rlimit(rlim_cur: 64, rlim_max: 64)
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            #expect(linux_setresgid(61_234, 61_234, 61_234) == 0)
            #expect(linux_setresuid(61_234, 61_234, 61_234) == 0)
            let pair = try MessageSocket.pair()
            let sender = HeldDescriptor(pair.first)
            let many = [HeldDescriptor](repeating: sender, count: 50)
            #expect(throws: Errno.tooManyReferences) {
                for _ in 0..<3 { try MessageSocket.send([0].span, passing: many, on: sender) }
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("Ancillary data")
struct AncillaryDataTests {
    @Test(
        "in several control messages is merged by the kernel, and every descriptor of it is owned", arguments: allTypes)
    func severalRights(type: SocketType) throws {
        let pair = try MessageSocket.pair(type)
        let first = HeldDescriptor(try memory("first"))
        let second = HeldDescriptor(try memory("second"))
        try sendRaw([7], [.rights([first]), .rights([second])], on: pair.first)
        let message = try receive(on: pair.second)
        try #require(message.descriptors.count == 2)
        #expect(contents(of: message.descriptors[0]) == "first")
        #expect(contents(of: message.descriptors[1]) == "second")
    }

    @Test("can hold credentials and descriptors at once, in either order", arguments: allTypes)
    func credentialsAndRights(type: SocketType) throws {
        let pair = try MessageSocket.pair(type)
        try SocketOption.setPassCredentials(true, on: pair.second)
        let own = RawControlMessage.credentials(pid: getpid(), uid: getuid(), gid: getgid())
        let file = HeldDescriptor(try memory("file"))
        for order in [[own, .rights([file])], [.rights([file]), own]] {
            try sendRaw([7], order, on: pair.first)
            let message = try receive(on: pair.second)
            #expect(message.credentials == ProcessCredentials(pid: getpid(), uid: getuid(), gid: getgid()))
            #expect(message.descriptors.count == 1)
        }
    }

    @Test("names the sender on a socket with SO_PASSCRED, also for what it did not attach", arguments: allTypes)
    func credentials(type: SocketType) throws {
        let pair = try MessageSocket.pair(type)
        try SocketOption.setPassCredentials(true, on: pair.second)
        try MessageSocket.send([1].span, on: pair.first)
        let message = try receive(on: pair.second, room: .credentials)
        #expect(message.credentials == ProcessCredentials(pid: getpid(), uid: getuid(), gid: getgid()))
        #expect(!message.isControlTruncated)
    }

    @Test(
        "brings a descriptor of the sender's process on a socket with SO_PASSPIDFD, behind as many others as one can have"
    )
    func senderProcess() throws {
        let directory = try TemporaryDirectory()
        let address = UnixAddress.path(directory.path("socket"))
        let socket = HeldDescriptor(try UnixSocket.bind(to: address, type: .datagram, passSender: true))
        guard try SocketOption.setPassProcessDescriptors(true, on: socket) else {
            try Test.cancel("the kernel has no SO_PASSPIDFD")
        }
        let file = HeldDescriptor(try memory("file"))
        let sender = HeldDescriptor(try UnixSocket.make(.datagram))
        let most = MessageSocket.mostDescriptors
        for count in [0, 1, 2, most] {
            try MessageSocket.send(
                [7].span, passing: Array(repeating: file, count: count), to: address, on: sender)
            let process: HeldDescriptor? = try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { buffer in
                var message = try MessageSocket.receive(into: buffer, room: .descriptorsOfProcess(most), on: socket)
                #expect(message.descriptors.count == count && !message.isControlTruncated)
                #expect(message.credentials?.pid == getpid())
                guard let process = message.senderProcess.take() else { return nil }
                return HeldDescriptor(process)
            }
            #expect(try ProcessDescriptor.pid(of: #require(process)) == getpid())
        }
    }

    @Test("names nobody for what was sent before anybody asked: pid 0 and the overflow ids")
    func unattached() throws {
        let pair = try MessageSocket.pair(.datagram)
        try MessageSocket.send([1].span, on: pair.first)
        try SocketOption.setPassCredentials(true, on: pair.second)
        let message = try receive(on: pair.second, room: .credentials)
        #expect(message.credentials?.isUnattached == true)
    }

    @Test("with claimed credentials is refused by the kernel unless the sender may claim them")
    func claimed() throws {
        let pair = try MessageSocket.pair()
        try SocketOption.setPassCredentials(true, on: pair.second)
        #expect(throws: geteuid() == 0 ? Errno.noSuchProcess : Errno.notPermitted) {
            try MessageSocket.send(
                [1].span, as: ProcessCredentials(pid: 0x3FFF_FFFF, uid: getuid(), gid: getgid()),
                on: pair.first)
        }
        let own = ProcessCredentials(pid: getpid(), uid: getuid(), gid: getgid())
        try MessageSocket.send([1].span, passing: nulls(1), as: own, on: pair.first)
        let message = try receive(on: pair.second)
        #expect(message.credentials == own)
        #expect(message.descriptors.count == 1)
    }

    @Test("room for credentials is exactly CMSG_SPACE(sizeof(struct ucred))")
    func sizes() {
        #expect(ControlRoom.none.byteCount == 0)
        #expect(ControlRoom.credentials.byteCount == linux_cmsg_space(12))
        #expect(ControlRoom.credentials.byteCount == 32)
        #expect(ControlRoom.mostDescriptors.byteCount == 32 + linux_cmsg_space(253 * 4))
    }

    @Test(
        "room for credentials alone lets no descriptor in: what was pushed is closed, the message says so and is whole",
        arguments: allTypes, [true, false])
    func noRoomForDescriptors(type: SocketType, passes: Bool) throws {
        let name = "no-room-\(type.rawValue)-\(passes)"
        let memory = HeldDescriptor(try SealedMemory.makeUnsealed(name: name))
        let pair = try MessageSocket.pair(type)
        try SocketOption.setPassCredentials(passes, on: pair.second)
        for room in [ControlRoom.none, .credentials] {
            try MessageSocket.send([1, 2].span, passing: [memory, memory, memory], on: pair.first)
            let message = try receive(on: pair.second, room: room)
            #expect(message.bytes.count == 2)
            #expect(message.isControlTruncated)
            #expect(message.descriptors.isEmpty)
            #expect((message.credentials != nil) == (passes && room == .credentials))
            #expect(openDescriptorCount(of: "memfd:\(name)") == 1)
        }
    }

    @Test("beyond the room is closed, all of it, and the message is marked", arguments: allTypes, [true, false])
    func tooLittleRoom(type: SocketType, passes: Bool) throws {
        let name = "too-little-\(type.rawValue)-\(passes)"
        let memory = HeldDescriptor(try SealedMemory.makeUnsealed(name: name))
        let pair = try MessageSocket.pair(type)
        try SocketOption.setPassCredentials(passes, on: pair.second)
        // CMSG_SPACE(4) has room for two, and unused room for credentials for eight more.
        for (room, sent) in [(1, 2), (1, 3), (4, 5), (4, 12), (4, 13), (4, 253)] {
            let descriptors = [HeldDescriptor](repeating: memory, count: sent)
            try MessageSocket.send([1].span, passing: descriptors, on: pair.first)
            let message = try receive(on: pair.second, room: .descriptors(room))
            #expect(message.isControlTruncated && message.descriptors.isEmpty, "\(sent) with room for \(room)")
            #expect(openDescriptorCount(of: "memfd:\(name)") == 1)
        }
        for count in 1...9 {
            let descriptors = [HeldDescriptor](repeating: memory, count: count)
            try MessageSocket.send([1].span, passing: descriptors, on: pair.first)
            let message = try receive(on: pair.second, room: .descriptors(count))
            #expect(!message.isControlTruncated)
            #expect(message.descriptors.count == count)
        }
    }

    @Test("that does not fit because no number is free is closed, all of it, and the message is marked")
    func noFreeNumber() async {
        await #expect(processExitsWith: .success) {
            let memory = HeldDescriptor(try SealedMemory.makeUnsealed(name: "no-number"))
            let pair = try MessageSocket.pair()
            try MessageSocket.send([1].span, passing: [HeldDescriptor](repeating: memory, count: 200), on: pair.first)
            let highest = openDescriptors().keys.max() ?? 0
            var limit = rlimit(rlim_cur: rlim_t(highest) + 20, rlim_max: rlim_t(highest) + 20)
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let message = try receive(on: pair.second)
            #expect(message.bytes.count == 1)
            #expect(message.isControlTruncated && message.descriptors.isEmpty)
            #expect(openDescriptorCount(of: "memfd:no-number") == 1)
        }
    }

    @Test("never leaks a descriptor, whatever is sent and whatever room there is: 2,000 random messages")
    func random() throws {
        let memory = HeldDescriptor(try SealedMemory.makeUnsealed(name: "random-messages"))
        var generator = Seed(for: "AncillaryDataTests.random").generator
        for _ in 0..<Soak.count(2000, full: 200_000) {
            let type = try #require(allTypes.randomElement(using: &generator))
            let pair = try MessageSocket.pair(type)
            let passes = Bool.random(using: &generator)
            try SocketOption.setPassCredentials(passes, on: pair.second)
            let counts = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                Int.random(in: 1...40, using: &generator)
            }
            let rights = counts.map { RawControlMessage.rights([HeldDescriptor](repeating: memory, count: $0)) }
            let size = Int.random(in: 1...64, using: &generator)
            try sendRaw([UInt8](repeating: 1, count: size), rights, on: pair.first)
            let room: ControlRoom =
                switch Int.random(in: 0...3, using: &generator) {
                case 0: .none
                case 1: .credentials
                case 2: .mostDescriptors
                default: .descriptors(Int.random(in: 0...60, using: &generator))
                }
            let message = try receive(on: pair.second, upTo: Int.random(in: 1...64, using: &generator), room: room)
            let total = counts.reduce(0, +)
            if case .descriptors(let most) = room, total <= most { #expect(!message.isControlTruncated) }
            #expect(message.isControlTruncated ? message.descriptors.isEmpty : message.descriptors.count == total)
        }
        #expect(openDescriptorCount(of: "memfd:random-messages") == 1)
    }

    @Test("with a descriptor of the sender (SO_PASSPIDFD) leaks nothing, and it is not one of the message's")
    func processDescriptor() async {
        await #expect(processExitsWith: .success) {
            let pair = try MessageSocket.pair(.datagram)
            do {
                try SocketOption.set(CInt(LINUX_SO_PASSPIDFD), to: 1, on: pair.second)
            } catch .protocolNotAvailable {
                return  // Linux before 6.5.
            }
            let before = openDescriptorCount(of: "[pidfd]")
            for room in [ControlRoom.none, .credentials, .descriptors(1), .mostDescriptors] {
                try MessageSocket.send([1].span, passing: pair.first, on: pair.first)
                let message = try receive(on: pair.second, room: room)
                #expect(message.descriptors.count == (message.isControlTruncated ? 0 : 1))
            }
            #expect(openDescriptorCount(of: "[pidfd]") == before)
        }
    }

    @Test(
        "with descriptors is refused to the sender, EPERM, by a receiver without SO_PASSRIGHTS, where there is one",
        arguments: allTypes)
    func passRights(type: SocketType) throws {
        let pair = try MessageSocket.pair(type)
        guard try SocketOption.setPassRights(false, on: pair.second) else { return }
        #expect(throws: Errno.notPermitted) {
            try MessageSocket.send([1].span, passing: nulls(1), on: pair.first)
        }
        try MessageSocket.send([1].span, on: pair.first)
        #expect(try receive(on: pair.second).bytes.count == 1)
    }
}

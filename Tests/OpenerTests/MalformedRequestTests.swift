// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Processes
import SystemPackage
import Testing
import VaultBroker
import VaultTestKit

@testable import OpenerWire

/// The supervisor, spoken to without the client that knows the form.
struct MalformedRequestTests {
    /// An opener, and the bare socket to it.
    private final class Bare: Sendable {
        let socket: HeldDescriptor
        private let child: ChildProcess

        init(root: FilePath) throws {
            let pair = try MessageSocket.pair(.seqpacket)
            let program = BuiltProgram.path("vault-opener")
            child = try ChildProcess.spawn(
                program, arguments: [program.string, "--root", root.string, "--workers", "1"],
                passing: [(HeldDescriptor(pair.second), 3)])
            socket = HeldDescriptor(try pair.first.duplicate())
        }

        var pid: Int32 { child.pid }

        func end() throws -> Descriptors.ExitStatus { try child.wait() }

        deinit {
            // Whoever is not reaped keeps the exit tests of this process from being noticed.
            try? child.signal(SIGKILL)
            _ = try? child.wait()
        }

        func send(_ bytes: [UInt8], passing descriptors: [HeldDescriptor] = []) throws {
            try MessageSocket.send(bytes.span, passing: descriptors, on: socket)
        }

        func sendIfThereIsRoom(_ bytes: [UInt8], passing descriptors: [HeldDescriptor]) throws -> Bool {
            do {
                try MessageSocket.send(bytes.span, passing: descriptors, on: socket, flags: .dontWait)
                return true
            } catch .resourceTemporarilyUnavailable {
                return false
            }
        }

        func receive() throws -> OpenerAnswer {
            try waitOnThread(on: socket, what: "an answer")
            var buffer = [UInt8](repeating: 0, count: WireForm.receiveSize)
            let count = socket.withUnsafeNumber { recv($0, &buffer, buffer.count, 0) }
            guard count > 0 else { throw Errno.connectionReset }
            return try OpenerAnswer(decoding: Array(buffer[..<count]))
        }
    }

    private static let malformed = OpenerAnswer.Outcome.failed(OpenerFailure(.badMessage, .malformed))

    @Test("A message that is no request is answered as such, and the next request is served")
    func malformed() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let path = try directory.write("x", to: "file")
            let opener = try Bare(root: directory.path)
            let good = try OpenerRequest(id: 7, operation: .open(OpenPath(path: path.string, flags: O_RDONLY)))
                .encoded()
            let reopen = try OpenerRequest(id: 8, operation: .reopen(flags: O_RDONLY)).encoded()
            let file = HeldDescriptor(try OwnedDescriptor.open(path))

            var otherVersion = good
            otherVersion[0] ^= 1
            for (bytes, id) in [
                ([0], 0), ([UInt8](repeating: 0xFF, count: 64), UInt64.max), (Array(good.dropLast()), 7),
                (good + [0, 0, 0], 7), (otherVersion, 7),
            ] {
                try opener.send(bytes)
                #expect(try opener.receive() == OpenerAnswer(id: id, outcome: Self.malformed))
            }
            // A descriptor too many, none where one belongs, two.
            try opener.send(good, passing: [file])
            #expect(try opener.receive() == OpenerAnswer(id: 7, outcome: Self.malformed))
            try opener.send(reopen)
            #expect(try opener.receive() == OpenerAnswer(id: 8, outcome: Self.malformed))
            try opener.send(reopen, passing: [file, file])
            #expect(try opener.receive() == OpenerAnswer(id: 8, outcome: Self.malformed))

            try opener.send(good)
            #expect(try opener.receive().descriptorCount == 1)
            try opener.send(reopen, passing: [file])
            #expect(try opener.receive().descriptorCount == 1)
        }
    }

    @Test("Random messages, cut, changed, and stuffed with descriptors, stop nobody and leave nothing open")
    func mutations() async throws {
        let seed = Seed()
        try await onThread {
            var random = seed.generator
            let directory = try TemporaryDirectory()
            let path = try directory.write("x", to: "file")
            let opener = try Bare(root: directory.path)
            let file = HeldDescriptor(try OwnedDescriptor.open(path))
            let good = try OpenerRequest(id: 7, operation: .open(OpenPath(path: path.string, flags: O_RDONLY)))
                .encoded()
            try opener.send(good)
            #expect(try opener.receive().descriptorCount == 1)
            try waitOnThread(until: "the workers to run") { childProcesses(of: opener.pid).count == 2 }
            let before = openDescriptorCount(pid: opener.pid)
            for _ in 0..<Soak.count(500, full: 10_000) {
                let sample = OpenerRequest.Operation.open(OpenPath(path: path.string, flags: O_RDONLY))
                var bytes = try OpenerRequest(id: 1, operation: sample).encoded()
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    bytes[Int.random(in: 0..<80, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                bytes.removeLast(
                    Int.random(in: 0...3, using: &random) == 0 ? Int.random(in: 1..<bytes.count, using: &random) : 0)
                let descriptors = [HeldDescriptor](repeating: file, count: Int.random(in: 0...5, using: &random))
                try opener.send(bytes, passing: descriptors)
                _ = try opener.receive()
            }
            try opener.send(good)
            #expect(try opener.receive().id == 7)
            // It answers before it closes what it has passed on.
            try waitOnThread(until: "the supervisor to have \(before) descriptors open as before") {
                openDescriptorCount(pid: opener.pid) == before
            }
        }
    }

    @Test("Numbers at their extremes are answered, refused or not, and the next request is served")
    func extremes() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let path = try directory.write("x", to: "file")
            let opener = try Bare(root: directory.path)
            let file = HeldDescriptor(try OwnedDescriptor.open(path))
            let fifo = directory.path("fifo").string
            let door = directory.path("door").string
            let numbers: [UInt32] = [0, 1, 0xFFF, 0x1000, UInt32(Int32.max), 1 << 31, .max - 1, .max]
            var id: UInt64 = 0
            for number in numbers {
                let flags = Int32(bitPattern: number)
                let owner = SealedMemory.Owner(uid: number, gid: number)
                for operation: OpenerRequest.Operation in [
                    .open(OpenPath(path: path.string, flags: flags)),
                    .open(OpenPath(path: path.string + "-new", flags: O_RDWR | O_CREAT, mode: number)),
                    .reopen(flags: flags), .fifo(path: fifo, createMode: number),
                    .memory(path: path.string, sizeLimit: number, owner: nil),
                    .memory(path: path.string, sizeLimit: 1, owner: owner), .copy(owner: owner),
                    .content(sizeLimit: number),
                    .listenInternet(
                        InternetListener(transport: .tcp, address: [127, 0, 0, 1], port: 0, backlog: number)),
                    .listenInternet(
                        InternetListener(
                            transport: .udp, address: [255, 255, 255, 255], port: UInt16(truncatingIfNeeded: number),
                            backlog: 0)),
                    .listenUnix(
                        UnixListener(path: door, kind: .stream, mode: number, uid: nil, gid: nil, backlog: number)),
                    .listenUnix(
                        UnixListener(path: door, kind: .datagram, mode: 0, uid: number, gid: number, backlog: 0)),
                    .helper(HelperRun(program: ["/h"], path: path.string, flags: flags)),
                    .inspect(ProcessFactKinds(rawValue: number)),
                ] {
                    id += 1
                    let request = OpenerRequest(id: id, operation: operation)
                    let passed = [HeldDescriptor](repeating: file, count: request.descriptorCount)
                    try opener.send(try request.encoded(), passing: passed)
                    let answer = try opener.receive()
                    #expect(answer.id == id, "\(operation)")
                    if case .failed(let failure) = answer.outcome {
                        #expect(failure.errno.rawValue > 0 || failure.reason != .none, "\(operation): \(failure)")
                    }
                }
            }
            let good = OpenerRequest(id: 7, operation: .open(OpenPath(path: path.string, flags: O_RDONLY)))
            try opener.send(good.encoded())
            #expect(try opener.receive().descriptorCount == 1)
        }
    }

    @Test("Requests without an end, whose answers nobody reads, are left in the socket, and all are answered at last")
    func unread() async throws {
        try await onThread {
            let directory = try TemporaryDirectory()
            let path = try directory.write("x", to: "file")
            let opener = try Bare(root: directory.path)
            let file = HeldDescriptor(try OwnedDescriptor.open(path))
            var sent: UInt64 = 0
            // Until the socket has been full for a while: then the supervisor takes no more.
            var refusals = 0
            while refusals < 20, sent < 100_000 {
                let request = try OpenerRequest(id: sent, operation: .reopen(flags: O_RDONLY)).encoded()
                if try opener.sendIfThereIsRoom(request, passing: [file]) {
                    sent += 1
                    refusals = 0
                } else {
                    refusals += 1
                    usleep(10_000)
                }
            }
            #expect(sent < 100_000, "the supervisor took everything")
            var ids: Set<UInt64> = []
            for _ in 0..<sent { ids.insert(try opener.receive().id) }
            #expect(ids.count == Int(sent))
        }
    }

    @Test("The end of the socket ends the opener")
    func ends() async throws {
        try await onThread {
            let opener = try Bare(root: "/")
            try UnixSocket.shutDown(opener.socket)
            #expect(try opener.end().isSuccess)
        }
    }

    @Test("Without its socket it says who should start it")
    func withoutSocket() async throws {
        let alone = try await Command(BuiltProgram.path("vault-opener"), arguments: ["--root", "/"]).run()
        #expect(alone.status == .exited(2))
        #expect(alone.errorText.contains("vaultd starts this program"))
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Processes
import Testing
import VaultTestKit

@testable import OpenerWire

struct OpenerRequestTests {
    static let longPath = "/" + String(repeating: "p", count: WireForm.pathLimit - 1)

    private static var options: BindingOptions {
        var options = BindingOptions()
        options.acceptsIPv4 = true
        options.bindsFreely = true
        options.receiveBuffer = 4096
        options.sendBuffer = UInt32.max
        return options
    }

    /// One of each operation, with every optional part both ways.
    static let samples: [OpenerRequest.Operation] = [
        .open(OpenPath(path: "/var/log/messages", flags: O_RDONLY)),
        .open(OpenPath(path: "/srv/Ärger/new", flags: O_RDWR | O_CREAT | O_APPEND, mode: 0o640)),
        .open(OpenPath(path: longPath, flags: O_WRONLY | O_NOFOLLOW | O_NONBLOCK)),
        .reopen(flags: O_RDONLY),
        .reopen(flags: O_WRONLY | O_APPEND),
        .reopen(flags: O_RDONLY, count: 64),
        .fifo(path: "/run/x/fifo", createMode: nil),
        .fifo(path: "/run/x/fifo", createMode: 0),
        .fifo(path: "/run/x/fifo", createMode: 0o620, othersMayWrite: true),
        .open(OpenPath(path: "/srv/theirs", flags: O_RDONLY, othersMayWrite: true)),
        .memory(path: "/srv/theirs", sizeLimit: 1, owner: nil, othersMayWrite: true),
        .listenInternet(InternetListener(transport: .tcp, address: [127, 0, 0, 1], port: 8080, backlog: 511)),
        .listenInternet(
            InternetListener(transport: .udp, address: Array(0..<16), port: UInt16.max, backlog: UInt32.max)),
        .listenInternet(InternetListener(transport: .tcp, address: [], port: 0, backlog: 0)),
        .listenInternet(
            InternetListener(transport: .tcp, address: Array(0..<16), port: 1, backlog: 1, options: options)),
        .connectInternet(address: [127, 0, 0, 1], port: 80),
        .connectInternet(address: Array(0..<16), port: UInt16.max),
        .connectUnix(path: "/run/a.sock", kind: .seqpacket, uid: 4711),
        .connectName(host: "db.example.org", port: 5432),
        .listenUnix(UnixListener(path: "@a", kind: .stream, mode: 0, uid: 7, gid: 8, backlog: 1)),
        .listenUnix(
            UnixListener(path: "/run/a.sock", kind: .stream, mode: 0o660, uid: nil, gid: nil, backlog: 16)),
        .listenUnix(
            UnixListener(path: "/run/b.sock", kind: .datagram, mode: 0, uid: 0, gid: 65534, backlog: 0)),
        .listenUnix(
            UnixListener(path: "/run/c.sock", kind: .seqpacket, mode: 0o777, uid: 4_000_000_000, gid: 7, backlog: 1)),
        .memory(path: "/etc/secret", sizeLimit: 1 << 20, owner: nil),
        .memory(path: "/etc/secret", sizeLimit: 0, owner: SealedMemory.Owner(uid: 1000, gid: 0)),
        .content(sizeLimit: 0), .content(sizeLimit: .max), .copy(owner: nil),
        .copy(owner: SealedMemory.Owner(uid: 0, gid: 4711)),
        .open(OpenPath(path: "/etc/key", flags: O_RDONLY, mustBe: .regular)),
        .open(OpenPath(path: "/srv/www", flags: O_RDONLY | O_DIRECTORY, mustBe: .directory)),
        .open(OpenPath(path: "/dev/ttyS0", flags: O_RDWR, mustBe: .characterDevice)),
        .helper(HelperRun(program: ["/usr/libexec/vault-openfile"], path: "/srv/x", flags: O_RDWR)),
        .helper(HelperRun(program: ["/bin/h", "", "-v"], path: "", flags: O_RDONLY)),
        .inspect([.namespaces, .executable]),
        .inspect([]),
        .executable,
        .census,
        .watch(WatchPath(path: "/etc/key", contents: true)),
        .watch(WatchPath(path: "/srv/theirs", contents: false, noFollow: true, othersMayWrite: true)),
    ]

    @Test("Every request is read back as it was written", arguments: samples)
    func roundTrip(operation: OpenerRequest.Operation) throws {
        for account in [nil, 0, 4711, UInt32.max - 1] {
            let request = OpenerRequest(id: 0x0102_0304_0506_0708, operation: operation, account: account)
            let bytes = try request.encoded()
            #expect(try OpenerRequest(decoding: bytes) == request)
            #expect(bytes.count < WireForm.receiveSize)
        }
    }

    @Test("A request has one of two fixed sizes, whatever it holds", arguments: samples)
    func fixedSize(operation: OpenerRequest.Operation) throws {
        let size = try OpenerRequest(id: 1, operation: operation).encoded().count
        #expect(size == (operation.code.hasTexts ? WireForm.headSize + WireForm.textRoom : WireForm.headSize))
    }

    @Test("A byte changed anywhere gives another request or none, never the same", arguments: samples)
    func everyByteCounts(operation: OpenerRequest.Operation) throws {
        let request = OpenerRequest(id: 77, operation: operation)
        let bytes = try request.encoded()
        for position in bytes.indices where position < 256 || position % 97 == 0 {
            var changed = bytes
            changed[position] ^= 0x41
            let read = try? OpenerRequest(decoding: changed)
            #expect(read != request, "byte \(position)")
        }
    }

    @Test("Random bytes and random mutations never crash the reader, and what is read encodes to what was received")
    func mutations() throws {
        var random = Seed().generator
        for _ in 0..<Soak.count(2_000, full: 200_000) {
            let sample = Self.samples.randomElement(using: &random) ?? Self.samples[0]
            var bytes = try OpenerRequest(id: UInt64.random(in: 0...UInt64.max, using: &random), operation: sample)
                .encoded()
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: 0..<min(bytes.count, 200), using: &random)
                bytes[position] = UInt8.random(in: 0...255, using: &random)
            }
            if Int.random(in: 0..<4, using: &random) == 0 {
                bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            }
            if let read = try? OpenerRequest(decoding: bytes) { #expect(try read.encoded() == bytes) }
        }
    }

    @Test("A message of another size, version or operation is malformed, and the refusal carries its id")
    func malformed() throws {
        let bytes = try OpenerRequest(id: 9, operation: .reopen(flags: O_RDONLY)).encoded()
        #expect(throws: MalformedRequest(id: 9)) { try OpenerRequest(decoding: bytes + [0]) }
        #expect(throws: MalformedRequest(id: 0)) { try OpenerRequest(decoding: Array(bytes.dropLast())) }
        #expect(throws: MalformedRequest(id: 0)) { try OpenerRequest(decoding: []) }
        for position in [0, 4, 5, 6, 7, 20, 32, 43, 63] {
            var changed = bytes
            changed[position] = 0xEE
            #expect(throws: MalformedRequest(id: 9), "byte \(position)") { try OpenerRequest(decoding: changed) }
        }
    }

    @Test("A path with a NUL, too long a path, no program and a strange address cannot be sent")
    func unsendable() {
        let refused: [OpenerRequest.Operation] = [
            .open(OpenPath(path: "/a\0b", flags: 0)),
            .open(OpenPath(path: Self.longPath + "p", flags: 0)),
            .helper(HelperRun(program: [], path: "/x", flags: 0)),
            .helper(HelperRun(program: Array(repeating: "x", count: 65), path: "/x", flags: 0)),
            .helper(HelperRun(program: [Self.longPath, Self.longPath], path: "/x", flags: 0)),
            .listenInternet(InternetListener(transport: .tcp, address: [1, 2, 3], port: 1, backlog: 1)),
            .connectInternet(address: [], port: 1), .connectName(host: "", port: 1),
            .connectName(host: String(repeating: "x", count: 254), port: 1),
        ]
        for operation in refused {
            #expect(throws: RequestUnsendable()) { try OpenerRequest(id: 1, operation: operation).encoded() }
        }
    }
}

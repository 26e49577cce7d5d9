// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("Closing what strangers have passed")
struct ForeignDescriptorsTests {
    private static let obstacle = HangingFileSystem.obstacle

    /// As a stranger passes it: over a socket, into a process that takes what comes as foreign.
    private static func passed(_ descriptor: HeldDescriptor, _ account: ForeignAccount? = nil) throws -> OwnedDescriptor
    {
        let pair = try MessageSocket.pair()
        try MessageSocket.send([1].span, passing: descriptor, on: pair.first)
        return try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { buffer in
            var message = try MessageSocket.receive(
                into: buffer, room: .mostDescriptors, on: pair.second, areForeign: true, account: account)
            return message.descriptors.removeLast()
        }
    }

    private static func pass(_ descriptor: HeldDescriptor, _ account: ForeignAccount? = nil) throws {
        _ = try passed(descriptor, account)
    }

    private static func wait(_ seconds: Int, until isSo: () -> Bool) -> Bool {
        let end = BootTime.now.advanced(by: .seconds(seconds))
        while !isSo() {
            guard BootTime.now < end else { return false }
            usleep(1_000)
        }
        return true
    }

    /// A connection whose last close would wait for a minute: nobody reads what was sent.
    private static func lingering(_ kept: inout [HeldDescriptor]) throws -> HeldDescriptor {
        let listener = HeldDescriptor(OwnedDescriptor(adopting: socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let client = OwnedDescriptor(adopting: socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0))
        let isConnected = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                listener.withUnsafeNumber {
                    bind($0, address, length) == 0 && listen($0, 1) == 0 && getsockname($0, address, &length) == 0
                } && client.withUnsafeNumber { connect($0, address, length) == 0 }
            }
        }
        guard isConnected else { throw Errno(rawValue: errno) }
        kept.append(listener)
        client.withUnsafeNumber { number in
            var linger = linger(l_onoff: 1, l_linger: 60)
            setsockopt(number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
            let bytes = [UInt8](repeating: 0, count: 65_536)
            while send(number, bytes, bytes.count, CInt(MSG_DONTWAIT)) > 0 {}
        }
        return HeldDescriptor(client)
    }

    @Test("sockets that linger are closed within moments, however many, also where they lie unread in a connection")
    func lingering() async {
        await #expect(processExitsWith: .success) {
            try await onThread {
                let account = ForeignAccount()
                var kept: [HeldDescriptor] = []
                for _ in 0..<(3 * ForeignDescriptors.mostThreads) {
                    let received: OwnedDescriptor
                    do {
                        // Ours goes first: the last one lingers.
                        let socket = try ForeignDescriptorsTests.lingering(&kept)
                        received = try ForeignDescriptorsTests.passed(socket, account)
                    }
                    _ = consume received
                }
                let directory = try TemporaryDirectory()
                let listener = try UnixSocket.listen(at: .path(directory.path("s")), type: .stream)
                for _ in 0..<ForeignDescriptors.mostThreads {
                    let client = try UnixSocket.make(.stream)
                    try UnixSocket.connect(client, to: .path(directory.path("s")))
                    for _ in 0..<4 {
                        let socket = try ForeignDescriptorsTests.lingering(&kept)
                        try MessageSocket.send([1].span, passing: socket, on: client)
                    }
                    _ = try UnixSocket.accept(on: listener, ofStranger: true)
                }
                guard ForeignDescriptorsTests.wait(20, until: { ForeignDescriptors.count == 0 }) else { exit(1) }
                guard account.count == 0 else { exit(2) }
                withExtendedLifetime(kept) {}
            }
        }
    }

    @Test(
        "what only might hang is closed while something like it hangs, as soon as a thread can be spared for it",
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func behind() async {
        await #expect(processExitsWith: .success) {
            try await onThread {
                let hanging = try HangingFileSystem()
                let file = HeldDescriptor(try OwnedDescriptor.open(hanging.path.appending("flush")))
                let fine = HeldDescriptor(try OwnedDescriptor.open(hanging.path.appending("fine")))
                // All at once: nothing is added later that would look after those who wait.
                for _ in 0..<3 { try ForeignDescriptorsTests.pass(file) }
                for _ in 0..<20 { try ForeignDescriptorsTests.pass(fine) }
                let isClosed = ForeignDescriptorsTests.wait(10, until: { ForeignDescriptors.count == 3 })
                // Before the process ends, which would hang too.
                try hanging.end()
                guard isClosed else { exit(1) }
                guard ForeignDescriptorsTests.wait(10, until: { ForeignDescriptors.count == 0 }) else { exit(2) }
                withExtendedLifetime((file, fine)) {}
            }
        }
    }

    @Test(
        "what hangs is on the account of who passed it, and what lies unread in a connection does not hang there",
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func accounts() async {
        await #expect(processExitsWith: .success) {
            try await onThread {
                let hanging = try HangingFileSystem()
                let file = HeldDescriptor(try OwnedDescriptor.open(hanging.path.appending("flush")))
                let (one, other) = (ForeignAccount(), ForeignAccount())
                for _ in 0..<40 { try ForeignDescriptorsTests.pass(file, one) }
                let null = HeldDescriptor(try OwnedDescriptor.open("/dev/null"))
                for _ in 0..<40 { try ForeignDescriptorsTests.pass(null, other) }
                let directory = try TemporaryDirectory()
                let listener = try UnixSocket.listen(at: .path(directory.path("s")), type: .stream)
                for _ in 0..<(2 * ForeignDescriptors.mostThreads) {
                    let client = try UnixSocket.make(.stream)
                    try UnixSocket.connect(client, to: .path(directory.path("s")))
                    try MessageSocket.send([1].span, passing: file, on: client)
                    _ = try UnixSocket.accept(on: listener, ofStranger: true)
                }
                guard ForeignDescriptorsTests.wait(20, until: { ForeignDescriptors.count == 40 }) else { exit(1) }
                guard one.count == 40, other.count == 0 else { exit(2) }
                try hanging.end()
                guard ForeignDescriptorsTests.wait(20, until: { ForeignDescriptors.count == 0 }) else { exit(3) }
                guard one.count == 0 else { exit(4) }
                withExtendedLifetime(file) {}
            }
        }
    }

    @Test(
        "where all threads hang that may, what cannot hang is closed all the same, and so are Unix sockets",
        .enabled(if: obstacle == nil, "\(obstacle ?? "")"))
    func lanes() async {
        await #expect(processExitsWith: .success) {
            try await onThread {
                let hanging = try HangingFileSystem()
                // Each of these closes hangs. Ours would, too: they are kept until what hangs was answered.
                let files = try (0..<(2 * ForeignDescriptors.mostThreads)).map { _ in
                    HeldDescriptor(try OwnedDescriptor.open(hanging.path.appending("flush")))
                }
                for file in files {
                    try ForeignDescriptorsTests.pass(file)
                    // Long enough for each to count as hanging.
                    usleep(60_000)
                }
                let stuck = ForeignDescriptors.count
                guard stuck >= files.count else { exit(1) }
                let directory = try TemporaryDirectory()
                let pipe = try OwnedDescriptor.pipe()
                let others = [
                    HeldDescriptor(pipe.reader), HeldDescriptor(pipe.writer),
                    HeldDescriptor(try SealedMemory.make(name: "m", contents: [1].span)),
                    HeldDescriptor(try UnixSocket.make(.stream)),
                    HeldDescriptor(try OwnedDescriptor.open(directory.path("f"), flags: O_RDWR | O_CREAT, mode: 0o600)),
                ]
                for _ in 0..<100 { for other in others { try ForeignDescriptorsTests.pass(other) } }
                let end = BootTime.now.advanced(by: .seconds(20))
                while ForeignDescriptors.count > stuck {
                    guard BootTime.now < end else { exit(2) }
                    usleep(1_000)
                }
                // What hangs goes on when it is answered.
                try hanging.end()
                while ForeignDescriptors.count > 0 {
                    guard BootTime.now < end else { exit(3) }
                    usleep(1_000)
                }
                withExtendedLifetime(files) {}
            }
        }
    }
}

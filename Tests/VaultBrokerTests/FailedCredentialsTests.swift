// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Testing
import VaultTestKit

@testable import VaultBroker

/// "Nothing ends before all zeros have been taken but what the other side has ended, however long that stands still."
@Suite("Connections that are sent zeros")
struct FailedCredentialsTests {
    private static func run(_ loop: EventLoop, for time: Duration) {
        _ = loop.timer(after: time) { loop.stop() }
        loop.run()
    }

    /// The side of the service manager.
    private static func connect(_ failed: FailedCredentials, of uid: UInt32? = nil) throws -> HeldDescriptor {
        let pair = try MessageSocket.pair()
        failed.add(HeldDescriptor(pair.first), of: uid)
        return HeldDescriptor(pair.second)
    }

    private static func hasEnded(_ reader: HeldDescriptor) throws -> Bool {
        try Readiness.current(for: .peerClosed, on: reader).contains(.peerClosed)
    }

    @Test("However many of the owner's stand still, none ends")
    func stand() async throws {
        try await onThread {
            let loop = try EventLoop()
            let failed = FailedCredentials(loop)
            let readers = try (0..<300).map { _ in try Self.connect(failed) }
            for uid in 0..<300 { _ = try Self.connect(failed, of: UInt32(5000 + uid)) }
            Self.run(loop, for: .milliseconds(200))
            #expect(try readers.allSatisfy { try !Self.hasEnded($0) })
            #expect(failed.count == 300, "those of others have closed their side")
        }
    }

    @Test("One user's beyond its share end, the oldest first, and nobody else's")
    func share() async throws {
        try await onThread {
            let loop = try EventLoop()
            let failed = FailedCredentials(loop)
            let owners = try Self.connect(failed)
            let another = try Self.connect(failed, of: 4712)
            let most = FailedCredentials.mostFailedOfUser
            let readers = try (0..<most + 2).map { _ in try Self.connect(failed, of: 4711) }
            #expect(try readers.map(Self.hasEnded) == [true, true] + Array(repeating: false, count: most))
            #expect(try [owners, another].map(Self.hasEnded) == [false, false])
        }
    }

    @Test("All others together have a bound, at which who has most of them makes room")
    func all() async throws {
        try await onThread {
            let loop = try EventLoop()
            let failed = FailedCredentials(loop)
            let many = try (0..<8).map { _ in try Self.connect(failed, of: 4711) }
            let most = FailedCredentials.mostFailed
            let others = try (8..<most).map { try Self.connect(failed, of: UInt32(5000 + $0)) }
            #expect(try (many + others).allSatisfy { try !Self.hasEnded($0) })
            let last = try Self.connect(failed, of: 4712)
            #expect(try many.map(Self.hasEnded) == [true] + Array(repeating: false, count: 7))
            #expect(try (others + [last]).allSatisfy { try !Self.hasEnded($0) })
        }
    }

    @Test("One that is closed goes, and one that is read gets more than a credential may have, then the end")
    func ends() async throws {
        let (bytes, count) = try await onThread {
            let loop = try EventLoop()
            let failed = FailedCredentials(loop)
            _ = try Self.connect(failed)
            let reader = try Self.connect(failed)
            Self.run(loop, for: .milliseconds(50))
            #expect(failed.count == 1)
            var bytes = 0
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
            defer { buffer.deallocate() }
            for _ in 0..<100 {
                while try Readiness.current(for: .readable, on: reader).contains(.readable) {
                    let part = try reader.read(into: buffer)
                    if part == 0 { return (bytes, failed.count) }
                    bytes += part
                }
                Self.run(loop, for: .milliseconds(10))
            }
            return (bytes, failed.count)
        }
        #expect(bytes == (1 << 20) + 1 && count == 0)
    }
}

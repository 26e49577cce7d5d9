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
    private static func passed(_ descriptor: HeldDescriptor) throws -> OwnedDescriptor {
        let pair = try MessageSocket.pair()
        try MessageSocket.send([1].span, passing: descriptor, on: pair.first)
        return try withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { buffer in
            var message = try MessageSocket.receive(
                into: buffer, room: .mostDescriptors, on: pair.second, areForeign: true)
            return message.descriptors.removeLast()
        }
    }

    private static func pass(_ descriptor: HeldDescriptor) throws { _ = try passed(descriptor) }

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

// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// `vault-openfile`, called as the book's `my_open` calls `openfile`.
struct OpenfileTests {
    /// Runs it with one end of a pair as its descriptor 5.
    private static func run(
        _ path: String, mode: CInt
    ) async throws -> (status: Descriptors.ExitStatus, passed: [HeldDescriptor], bytes: Int) {
        let pair = try MessageSocket.pair()
        let ours = HeldDescriptor(try pair.first.duplicate())
        var command = Command(BuiltProgram.path("vault-openfile"), arguments: ["5", path, "\(mode)"])
        let theirs = HeldDescriptor(try pair.second.duplicate())
        command.passing = [(theirs, 5)]
        let result = try await command.run()
        var passed: [HeldDescriptor] = []
        var count = 0
        do {
            var buffer = [UInt8](repeating: 0, count: 16)
            try buffer.withUnsafeMutableBytes { buffer in
                var message = try MessageSocket.receive(
                    into: buffer, room: .descriptors(4), on: ours, flags: .dontWait)
                count = message.byteCount
                while !message.descriptors.isEmpty { passed.append(HeldDescriptor(message.descriptors.removeLast())) }
            }
        } catch Errno.resourceTemporarilyUnavailable {
            // It sent nothing.
        }
        withExtendedLifetime((ours, theirs)) {}
        return (result.status, passed, count)
    }

    @Test("It passes what it opened with one byte of data, and its status is 0")
    func passes() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("text", to: "file")
        let (status, passed, bytes) = try await Self.run(path.string, mode: O_RDONLY)
        #expect(status == .exited(0))
        #expect(bytes == 1)
        #expect(passed.count == 1)
        #expect(try contents(of: #require(passed.first)) == "text")
        let writing = try await Self.run(path.string, mode: O_WRONLY | O_TRUNC)
        let descriptor = try #require(writing.passed.first)
        #expect(try DescriptorStatus.accessMode(of: descriptor) == .writeOnly)
        withExtendedLifetime(descriptor) {}
        #expect(try directory.read("file") == "")
    }

    @Test("Its status is the errno of what failed")
    func failures() async throws {
        let missing = try await Self.run("/nonexistent/file", mode: O_RDONLY)
        #expect(missing.status == .exited(ENOENT))
        #expect(missing.passed.isEmpty && missing.bytes == 0)
        #expect(try await Self.run("/", mode: O_WRONLY).status == .exited(EISDIR))
        let program = BuiltProgram.path("vault-openfile")
        #expect(try await Command(program, arguments: ["1", "/dev/null", "0"]).run().status == .exited(ENOTSOCK))
        #expect(try await Command(program, arguments: ["900", "/dev/null", "0"]).run().status == .exited(EBADF))
        for arguments in [[], ["5"], ["x", "/dev/null", "0"], ["5", "/dev/null", "r"], ["5", "/dev/null", "0", "0"]] {
            let result = try await Command(program, arguments: arguments).run()
            #expect(result.status == .exited(EINVAL))
            #expect(result.errorText.hasPrefix("Usage:"))
        }
        #expect(try await Command(program, arguments: ["--help"]).run().status.isSuccess)
    }
}

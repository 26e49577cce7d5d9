// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing
import VaultTestKit

@Suite("A command of the tests")
struct CommandTests {
    @Test("gives its input, output, errors and status, whatever their sizes")
    func large() async throws {
        var command = Command("sh", "-c", "tee /dev/stderr; exit 3")
        command.input = [UInt8](repeating: 0x61, count: 1_000_000)
        let result = try await command.run()
        #expect(result.output == command.input)
        #expect(result.errors == command.input)
        #expect(result.status == .exited(3))
    }

    @Test("is killed at its limit, and says what was waited for")
    func limit() async throws {
        var command = Command("sleep", "1000")
        command.timeLimit = .milliseconds(50)
        await #expect(throws: WaitTimeout.self) { _ = try await command.run() }
    }

    @Test("does not wait for what its children keep open")
    func orphan() async throws {
        let result = try await Command("sh", "-c", "sleep 1000 & echo $!").run()
        let pid = try #require(Int32(result.text.dropLast()))
        #expect(kill(pid, SIGKILL) == 0)
    }

    @Test("runs as another user", .enabled(if: Command.canChangeUser, "needs root and setpriv"))
    func otherUser() async throws {
        let result = try await Command("id", "-u").asUser(uid: 61_234).run()
        #expect(result.text == "61234\n", "\(result.errorText)")
        let groups = try await Command("id", "-G").asUser(uid: 61_234, gid: 61_235, groups: [61_236]).run()
        #expect(groups.text == "61235 61236\n", "\(groups.errorText)")
    }
}

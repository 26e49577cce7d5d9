// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import Testing
import VaultBroker
import VaultTestKit

/// The broker "takes the descriptor sent with at least one byte of data. An exit status other than 0 is the `errno`; death
/// by a signal or a time-out is an error of its own" (Decisions: helpers are as Stevens wrote them).
@Suite(.enabled(if: isRoot, "needs root, to run helpers as another user"))
struct HelperTests {
    static let book = BuiltProgram.path("BookHelper").string
    static let openfile = BuiltProgram.path("vault-openfile").string
    static let user: (uid: UInt32, gid: UInt32) = (4733, 4734)

    static func start(
        timeLimit: Duration = .seconds(20), _ change: (inout OpenerOptions) -> Void = { _ in }
    ) async throws -> OpenerUnderTest {
        try await OpenerUnderTest.start(roots: ["/nonexistent"]) {
            $0.helpers = [FilePath(book), FilePath(openfile), "/nonexistent/helper"]
            $0.helperUser = user
            $0.brokerUID = 4711
            $0.timeLimit = timeLimit
            change(&$0)
        }
    }

    @Test("What the helper opens and passes is the answer, in C and in Swift", arguments: [book, openfile])
    func passes(program: String) async throws {
        let directory = try TemporaryDirectory(mode: 0o777)
        let path = try directory.write("text", to: "file", mode: 0o666)
        let opener = try await Self.start()
        #expect(try contents(of: await opener.helper([program], path)) == "text")
        let writer = try await opener.helper([program], path, O_WRONLY | O_APPEND)
        #expect(try DescriptorStatus.flags(of: writer) & (O_ACCMODE | O_APPEND) == O_WRONLY | O_APPEND)
        #expect(try DescriptorStatus.isCloseOnExec(writer))
        // The helper's own exit status, the errno.
        #expect(
            await failure { try await opener.helper([program], directory.path("missing")) }
                == OpenerFailure(.noSuchFileOrDirectory, .helperFailed))
        #expect(
            await failure { try await opener.helper([program], "/etc/shadow") }
                == OpenerFailure(.permissionDenied, .helperFailed))
    }

    @Test("The helper runs as its own user, without privileges, with its socket and nothing else")
    func environment() async throws {
        let opener = try await Self.start()
        let text = try contents(of: await opener.helper([Self.book, "describe"], "/some/path", 577))
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.contains("uid 4733 4733 gid 4734 4734 groups 0"))
        #expect(lines.contains("no_new_privs 1"))
        #expect(lines.filter { $0.hasPrefix("Cap") }.allSatisfy { $0.hasSuffix("\t0000000000000000") })
        #expect(lines.filter { $0.hasPrefix("descriptor") } == (0...3).map { "descriptor \($0)" })
        let arguments = lines.filter { $0.hasPrefix("argument") }
        #expect(arguments == ["argument describe", "argument 3", "argument /some/path", "argument 577"])
    }

    @Test("A helper that passes nothing, a mere byte, or too much is an error of its own")
    func wrong() async throws {
        let directory = try TemporaryDirectory(mode: 0o777)
        let path = try directory.write("text", to: "file", mode: 0o666)
        let opener = try await Self.start()
        let nothing = OpenerFailure(.protocolError, .helperPassedNothing)
        #expect(await failure { try await opener.helper([Self.book, "nothing"], path) } == nothing)
        #expect(await failure { try await opener.helper([Self.book, "byte"], path) } == nothing)
        let tooMuch = OpenerFailure(.protocolError, .helperPassedTooMuch)
        #expect(await failure { try await opener.helper([Self.book, "two"], path) } == tooMuch)
        #expect(await failure { try await opener.helper([Self.book, "twice"], path) } == tooMuch)
        // The exit status counts even when a descriptor came.
        #expect(
            await failure { try await opener.helper([Self.book, "fail-after"], path) }
                == OpenerFailure(.resourceTemporarilyUnavailable, .helperFailed))
    }

    @Test("A helper that dies by a signal says which")
    func crash() async throws {
        let opener = try await Self.start()
        let failure = await failure { try await opener.helper([Self.book, "crash"], "/x") }
        #expect(failure == OpenerFailure(.ioError, .helperKilled, detail: UInt32(SIGTERM)))
    }

    @Test("A helper that does not end is killed in time, and the worker goes on", arguments: ["hang", "linger"])
    func timeOut(word: String) async throws {
        let directory = try TemporaryDirectory(mode: 0o777)
        let path = try directory.write("text", to: "file", mode: 0o666)
        let opener = try await Self.start(timeLimit: .milliseconds(700)) { $0.workers = 1 }
        let workers = try await Self.settled(opener)
        let failure = await failure { try await opener.helper([Self.book, word], path) }
        #expect(failure == OpenerFailure(.timedOut, .helperTimedOut))
        #expect(opener.workers() == workers)
        try await waitUntil("the helper to be dead") {
            childProcesses(of: workers[0]).allSatisfy { Self.isZombie($0) }
        }
        #expect(try contents(of: await opener.helper([Self.book], path)) == "text")
        #expect(childProcesses(of: workers[0]) == [])
    }

    @Test("A child that the helper leaves behind with its socket keeps nobody waiting")
    func background() async throws {
        let directory = try TemporaryDirectory(mode: 0o777)
        let path = try directory.write("text", to: "file", mode: 0o666)
        let opener = try await Self.start()
        let start = BootTime.now
        #expect(try contents(of: await opener.helper([Self.book, "background"], path)) == "text")
        #expect(start.duration(to: .now) < .seconds(25))
    }

    @Test("Only programs that were named at the start are run, and only with a user to run them as")
    func notAllowed() async throws {
        let refused = OpenerFailure(.notPermitted, .helperNotAllowed)
        let opener = try await Self.start()
        #expect(await failure { try await opener.helper(["/bin/sh", "-c", "true"], "/x") } == refused)
        #expect(await failure { try await opener.helper([Self.book + "/../BookHelper"], "/x") } == refused)
        let without = try await Self.start { $0.helperUser = nil }
        #expect(await failure { try await without.helper([Self.book], "/x") } == refused)
    }

    @Test("A program that cannot be executed is told from one that says so")
    func notStarted() async throws {
        let opener = try await Self.start()
        #expect(
            await failure { try await opener.helper(["/nonexistent/helper"], "/x") }
                == OpenerFailure(.noSuchFileOrDirectory, .helperNotStarted))
    }

    @Test("Helpers run neither as root nor as the broker: the opener does not start so", arguments: [0, 4711])
    func refusedUsers(uid: UInt32) async throws {
        let opener = try await Self.start { $0.helperUser = (uid, 4711) }
        try await waitUntil("the opener to refuse its arguments") { await opener.death != nil }
        #expect(await opener.death == .some(.exited(2)))
    }

    private static func settled(_ opener: OpenerUnderTest) async throws -> [Int32] {
        try await waitUntil("the worker to have started") { opener.workers().count == 1 }
        return opener.workers()
    }

    static func isZombie(_ pid: Int32) -> Bool {
        let bytes = (try? OwnedDescriptor.open(FilePath("/proc/\(pid)/status")).readAll()) ?? []
        return String(decoding: bytes, as: UTF8.self).contains("State:\tZ")
    }
}

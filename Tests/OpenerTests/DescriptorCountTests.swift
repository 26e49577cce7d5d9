// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import Processes
import SystemPackage
import Testing
import VaultBroker
import VaultTestKit

struct DescriptorCountTests {
    @Test("After many requests, good and bad, neither the opener nor its client has a descriptor more than before")
    func noLeaks() async {
        await #expect(processExitsWith: .success) {
            let requests = try await EveryRequest()
            for round in 0..<21 { try await requests.make(round) }
            let before = try await requests.settledCounts()
            for round in 0..<Soak.count(60, full: 5_000) { try await requests.make(round) }
            let after = try await requests.settledCounts()
            #expect(after == before, "client, supervisor, workers: \(before), then \(after)")
        }
    }
}

/// An opener, and one request of each kind that succeeds and each that fails.
private struct EveryRequest {
    let directory: TemporaryDirectory
    let path: FilePath
    let opener: OpenerUnderTest
    let held: HeldDescriptor
    let pidfd: HeldDescriptor
    let helper = BuiltProgram.path("BookHelper")

    init() async throws {
        directory = try TemporaryDirectory(mode: 0o1777)
        path = try directory.write("text", to: "file", mode: 0o666)
        let helper = helper
        opener = try await OpenerUnderTest.start(roots: [directory.path.string]) {
            $0.helpers = [helper]
            $0.helperUser = isRoot ? (4733, 4733) : nil
        }
        held = HeldDescriptor(try OwnedDescriptor.open(path))
        pidfd = HeldDescriptor(try ProcessDescriptor.open(getpid()))
    }

    func make(_ round: Int) async throws {
        _ = try await opener.open(path)
        _ = await failure { try await opener.open(directory.path("missing")) }
        _ = await failure { try await opener.open("/etc/passwd") }
        _ = await failure { try await opener.open(path, O_DIRECTORY) }
        _ = try await opener.open(directory.path("new\(round % 7)"), O_RDWR, create: 0o600)
        _ = try await opener.reopen(held, O_RDONLY)
        _ = await failure { try await opener.reopen(held, O_RDWR) }
        _ = try await opener.fifo(directory.path("fifo"), create: 0o600)
        _ = await failure { try await opener.fifo(path, create: 0o600) }
        _ = try await opener.memory(path, sizeLimit: 100)
        _ = await failure { try await opener.memory(path, sizeLimit: 1) }
        _ = try await opener.inspect(pidfd, .all)
        _ = await failure { try await opener.inspect(held, .all) }
        try await listen()
        if round % 20 == 0 { await runHelpers() }
    }

    private func listen() async throws {
        _ = try await opener.listen(
            InternetListener(transport: .tcp, address: [127, 0, 0, 1], port: 0, backlog: 1))
        let unix = UnixListener(
            path: directory.path("s").string, kind: .stream, mode: 0o600, uid: nil, gid: nil, backlog: 1)
        // The first makes it; later ones find it stale, or not yet so.
        _ = await failure { try await opener.listen(unix) }
    }

    private func runHelpers() async {
        for word in ["", "nothing", "byte", "two", "twice", "fail-after", "crash"] {
            _ = await failure { try await opener.helper([helper.string] + (word.isEmpty ? [] : [word]), path) }
        }
    }

    /// Once the workers have closed what they have passed, which they do after they have answered.
    func settledCounts() async throws -> [Int] {
        var last: [Int] = []
        var since = BootTime.now
        try await waitUntil("the counts to stay the same") {
            let workers = opener.workers().sorted() + opener.workers("inspector")
            let counts = ([getpid(), opener.pid] + workers).map { pid in
                // libdispatch makes timers of its own in this process when it needs them.
                openDescriptors(pid: pid).values.count { $0 != "anon_inode:[timerfd]" }
            }
            if counts != last {
                last = counts
                since = .now
            }
            return since.duration(to: .now) > .milliseconds(300)
        }
        return last
    }
}

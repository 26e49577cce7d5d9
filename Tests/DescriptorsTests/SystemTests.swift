// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("The system")
struct SystemTests {
    @Test("has a boot clock that does not go back, and a name for the boot")
    func clocks() throws {
        let first = SystemClock.bootTimeUSec()
        #expect(SystemClock.bootTimeUSec() >= first)
        #expect(SystemClock.wallTimeUSec() > 1_600_000_000_000_000)
        let identifier = try SystemClock.bootID()
        #expect(identifier.count == 36)
        #expect(try SystemClock.bootID() == identifier)
    }

    @Test("adds durations to boot times without overflow, and rounds up so that nothing is early")
    func bootTime() {
        let start = BootTime(microseconds: 1000)
        #expect(start.advanced(by: .microseconds(5)).microseconds == 1005)
        #expect(start.advanced(by: .nanoseconds(1)).microseconds == 1001)
        #expect(start.advanced(by: .zero) == start)
        #expect(start.advanced(by: .seconds(-1)).microseconds == -999_000)
        #expect(start.advanced(by: .seconds(Int64.max)).microseconds == .max)
        #expect(start.advanced(by: .seconds(Int64.min)).microseconds == .min)
        #expect(BootTime(microseconds: .max).advanced(by: .seconds(1)).microseconds == .max)
        #expect(start.duration(to: BootTime(microseconds: 3000)) == .milliseconds(2))
        #expect(start < BootTime(microseconds: 1001))
    }

    @Test("lets a program have as many descriptors as its hard limit says")
    func limits() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit(rlim_cur: 100, rlim_max: 500)
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            #expect(try ResourceLimits.openFiles().soft == 100)
            try ResourceLimits.raiseOpenFiles()
            let raised = try ResourceLimits.openFiles()
            #expect(raised.soft == 500 && raised.hard == 500)
        }
    }

    @Test("has epoll events in the layout that the shim and Swift agree on")
    func epollEvent() {
        #if arch(x86_64)
            #expect(MemoryLayout<epoll_event>.stride == 12)
        #else
            #expect(MemoryLayout<epoll_event>.stride == 16)
        #endif
    }

    @Test("opens beneath a directory and nowhere else")
    func beneath() throws {
        let directory = try TemporaryDirectory()
        try directory.write("inside", to: "file")
        #expect(symlink("/etc/passwd", directory.path("out").string) == 0)
        #expect(symlink("file", directory.path("in").string) == 0)
        let root = try OwnedDescriptor.open(directory.path, flags: O_DIRECTORY)
        func text(_ path: FilePath, _ resolution: PathResolution) throws(Errno) -> String {
            let file = try OwnedDescriptor.open(path, in: root.raw, resolution: resolution)
            return String(decoding: try file.readAll(), as: UTF8.self)
        }
        #expect(try text("file", .beneath) == "inside")
        #expect(try text("in", .beneath) == "inside")
        for path in ["out", "/etc/passwd", FilePath("../\(directory.path.lastComponent!)/file")] {
            #expect(throws: Errno.improperLink) { _ = try text(path, .beneath) }
        }
        #expect(throws: Errno.tooManySymbolicLinkLevels) { _ = try text("in", [.beneath, .noSymbolicLinks]) }
        #expect(try text("/file", .inRoot) == "inside")
        let made = try OwnedDescriptor.open(
            "new", in: root.raw, resolution: .beneath, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o400)
        #expect(try FileStatus(of: made.raw).permissions == 0o400)
        #expect(try DescriptorStatus.isCloseOnExec(made.raw))
    }

    @Test("answers PATH look-ups and temporary directories of the tests, and removes what they held")
    func testKit() throws {
        let path: FilePath
        do {
            let directory = try TemporaryDirectory()
            path = directory.path
            #expect(mkdir(directory.path("folder").string, 0o700) == 0)
            try directory.write("x", to: "folder/file")
            #expect(symlink("/etc", directory.path("folder/link").string) == 0)
            #expect(directory.names() == ["folder"])
            #expect(try directory.read("folder/file") == "x")
        }
        #expect(throws: Errno.noSuchFileOrDirectory) { _ = try FileStatus(ofPath: path) }
        #expect(try FileStatus(ofPath: "/etc").kind == .directory)
        #expect(Seed(7).generator.first(3) == Seed(7).generator.first(3))
        #expect(Seed(7).generator.first(3) != Seed(8).generator.first(3))
    }

    @Test("waits in tests with a limit and says what for")
    func waiting() async {
        let error = await #expect(throws: WaitTimeout.self) {
            try await waitUntil("rain", limit: .milliseconds(20)) { false }
        }
        #expect(error.map { "\($0)" }?.contains("for rain, in vain") == true)
    }
}

extension SeededGenerator {
    fileprivate func first(_ count: Int) -> [UInt64] {
        var copy = self
        return (0..<count).map { _ in copy.next() }
    }
}

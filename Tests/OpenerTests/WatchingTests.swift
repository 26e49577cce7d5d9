// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import Testing
import VaultTestKit

/// What the opener has an inotify queue tell of: whatever makes a path lead elsewhere.
struct WatchingTests {
    /// A tree as ACME clients keep one: `live/key` is a link to `archive/key1`.
    private struct Tree {
        let directory: TemporaryDirectory
        let queue: HeldDescriptor

        init() throws {
            directory = try TemporaryDirectory()
            queue = HeldDescriptor(try FileChanges.makeQueue())
            for name in ["live", "archive"] { try #require(mkdir(path(name), 0o700) == 0) }
            for name in ["key1", "key2"] { try directory.write(name, to: "archive/\(name)") }
            try #require(symlink("../archive/key1", path("live/key")) == 0)
        }

        func path(_ name: String) -> String { directory.path(name).string }

        /// Writes into a file that is there.
        func rewrite(_ name: String, _ text: String) throws {
            let file = try OwnedDescriptor.open(directory.path(name), flags: O_WRONLY | O_TRUNC)
            try file.writeAll(Array(text.utf8).span)
        }

        /// The watches that have told something since the last call.
        func told() throws -> Set<Int32> {
            Set(
                try FileChanges.events(in: queue).compactMap { event in
                    switch event {
                    case .happened(let watch), .ended(let watch): watch
                    case .lost: nil
                    }
                })
        }

        func watch(_ opener: OpenerUnderTest, contents: Bool = true) async throws -> Set<Int32> {
            Set(try await opener.watch(WatchPath(path: path("live/key"), contents: contents), in: queue))
        }
    }

    @Test(
        "It tells when a link is replaced, a file is replaced or written, a directory is moved, and of nothing else",
        arguments: [
            "link replaced", "link unlinked and made", "file replaced", "file written", "directory moved",
            "file removed",
        ])
    func changes(_ change: String) async throws {
        let tree = try Tree()
        let opener = try await OpenerUnderTest.start(roots: [tree.directory.path.string])
        let watches = try await tree.watch(opener)
        #expect(watches.count >= 4, "both directories, the link, the file")
        // What goes on beside it, and what only reads, is nobody's business.
        try tree.directory.write("beside", to: "live/other")
        try tree.directory.write("beside", to: "archive/key2")
        _ = try WholeText.read(tree.path("live/key"))
        #expect(try tree.told().isEmpty)
        switch change {
        case "link replaced":
            try #require(symlink("../archive/key2", tree.path("live/new")) == 0)
            try #require(rename(tree.path("live/new"), tree.path("live/key")) == 0)
        case "link unlinked and made":
            try #require(unlink(tree.path("live/key")) == 0)
            try #require(symlink("../archive/key2", tree.path("live/key")) == 0)
        case "file replaced": try #require(rename(tree.path("archive/key2"), tree.path("archive/key1")) == 0)
        case "file written": try tree.rewrite("archive/key1", "written")
        case "directory moved": try #require(rename(tree.path("live"), tree.path("lived")) == 0)
        default: try #require(unlink(tree.path("archive/key1")) == 0)
        }
        let told = try tree.told()
        #expect(!told.isEmpty && told.isSubset(of: watches), "\(told) of \(watches)")
    }

    @Test("What is written is told only where that was asked for, and of one inode there is one watch")
    func written() async throws {
        let tree = try Tree()
        let opener = try await OpenerUnderTest.start(roots: [tree.directory.path.string])
        let watches = try await tree.watch(opener, contents: false)
        try tree.rewrite("archive/key1", "written")
        #expect(try tree.told().isEmpty)
        #expect(try await tree.watch(opener, contents: true) == watches)
        #expect(try await tree.watch(opener, contents: false) == watches, "what somebody asked for stays")
        try tree.rewrite("archive/key1", "written")
        #expect(try tree.told().count == 1)
        for watch in watches { FileChanges.end(watch, in: tree.queue) }
        _ = try tree.told()
        try tree.rewrite("archive/key1", "again")
        #expect(try tree.told().isEmpty)
    }

    @Test("What may not be opened is not watched, nor what is missing, and another descriptor is no queue")
    func refused() async throws {
        let tree = try Tree()
        let opener = try await OpenerUnderTest.start(
            roots: [tree.directory.path.string], state: FilePath(tree.path("archive")))
        func failure(_ path: String, _ queue: HeldDescriptor? = nil) async -> OpenerFailure? {
            await OpenerTests.failure {
                try await opener.watch(WatchPath(path: path, contents: true), in: queue ?? tree.queue)
            }
        }
        #expect(await failure("/etc/passwd")?.reason == .outsideRoots)
        #expect(await failure(tree.path("live/key"))?.reason == .protectedPlace)
        #expect(await failure(tree.path("live/none")) == OpenerFailure(.noSuchFileOrDirectory))
        let file = HeldDescriptor(try OwnedDescriptor.open("/dev/null"))
        try tree.directory.write("x", to: "live/plain")
        #expect(await failure(tree.path("live/plain"), file)?.errno == .invalidArgument)
        #expect(await failure(tree.path("live/plain")) == nil)
    }

    @Test(
        "A file system that somebody else serves is not watched, and one that hangs holds nobody up",
        .enabled(if: HangingFileSystem.obstacle == nil, "\(HangingFileSystem.obstacle ?? "")"))
    func hanging() async throws {
        let fuse = try HangingFileSystem()
        let tree = try Tree()
        let opener = try await OpenerUnderTest.start(
            roots: [fuse.path.string, tree.directory.path.string]
        ) { $0.timeLimit = .milliseconds(500) }
        let path = fuse.path.appending("lost").string
        await #expect(throws: OpenerFailure.self) {
            try await opener.watch(WatchPath(path: path, contents: true), in: tree.queue)
        }
        #expect(try await tree.watch(opener).count >= 4)
    }
}

private enum WholeText {
    static func read(_ path: String) throws -> String {
        String(decoding: try OwnedDescriptor.open(FilePath(path)).readAll(), as: UTF8.self)
    }
}

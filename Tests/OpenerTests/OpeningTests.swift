// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import Testing
import VaultTestKit

/// "The opener opens only beneath its roots" (Decisions: only beneath the roots), and waits for no device or FIFO.
struct OpeningTests {
    @Test(
        "A file of root's with mode 0600 is opened for a broker whose own effective user cannot open it",
        .enabled(if: isRoot, "needs root"))
    func forUnprivilegedBroker() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let path = try directory.write("for root alone", to: "secret", mode: 0o600)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string], brokerUID: 4711)
        #expect(await opener.askingUID == 4711)
        #expect(await !opener.canOpenItself(path))
        #expect(try contents(of: await opener.open(path)) == "for root alone")
    }

    @Test("What is opened has the flags that were asked for, is close-on-exec, and is described")
    func flagsAndStatus() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("x", to: "file")
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        for flags in [O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_APPEND, O_RDONLY | O_NONBLOCK] {
            let reply = try await opener.request(.open(OpenPath(path: path.string, flags: flags)))
            let descriptor = try #require(reply.descriptor)
            let judged = O_ACCMODE | O_APPEND | O_NONBLOCK
            #expect(try DescriptorStatus.flags(of: descriptor) & judged == flags)
            #expect(try DescriptorStatus.isCloseOnExec(descriptor))
            let file = try FileStatus(of: descriptor)
            let status = try #require(reply.status)
            #expect(status.inode == file.inode && status.device == file.device && status.mode == file.mode)
            #expect(status.flags == (try DescriptorStatus.flags(of: descriptor)))
        }
    }

    @Test("The operating system's own error is the answer")
    func errors() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("", to: "file")
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        #expect(
            await failure { try await opener.open(directory.path("missing")) } == OpenerFailure(.noSuchFileOrDirectory))
        #expect(await failure { try await opener.open(file.appending("x")) } == OpenerFailure(.notDirectory))
        #expect(await failure { try await opener.open(directory.path, O_WRONLY) } == OpenerFailure(.isDirectory))
        #expect(await failure { try await opener.open(file, O_DIRECTORY) } == OpenerFailure(.notDirectory))
        let long = directory.path(String(repeating: "n", count: 300))
        #expect(await failure { try await opener.open(long) } == OpenerFailure(.fileNameTooLong))
    }

    @Test("A path that leads out of its root is EXDEV, and the reason says so")
    func beneathRoots() async throws {
        let directory = try TemporaryDirectory()
        for (name, target) in [
            ("absolute", "/etc/passwd"), ("relative", "../../etc/passwd"), ("within", "file"), ("var", "/run"),
        ] {
            #expect(symlink(target, directory.path(name).string) == 0)
        }
        try directory.write("inside", to: "file")
        let root = directory.path.string
        let opener = try await OpenerUnderTest.start(roots: [root, "/proc"])
        let leaves = OpenerFailure(.improperLink, .leavesRoot)
        #expect(await failure { try await opener.open(directory.path("absolute")) } == leaves)
        #expect(await failure { try await opener.open(directory.path("relative")) } == leaves)
        #expect(await failure { try await opener.open(directory.path("var/x")) } == leaves)
        #expect(await failure { try await opener.open(FilePath("\(root)/../x")) } == leaves)
        #expect(await failure { try await opener.open(FilePath("\(root)/a/../../x")) } != nil)
        #expect(try contents(of: await opener.open(directory.path("within"))) == "inside")
        #expect(try contents(of: await opener.open(FilePath("\(root)//./file"))) == "inside")

        let outside = OpenerFailure(.improperLink, .outsideRoots)
        #expect(await failure { try await opener.open("/etc/passwd") } == outside)
        #expect(await failure { try await opener.open(FilePath("\(root)-other/file")) } == outside)
        #expect(await failure { try await opener.open("relative") }?.reason == .outsideRoots)
        // A magic link of procfs would lead anywhere.
        #expect(await failure { try await opener.open("/proc/self/exe") } == OpenerFailure(.tooManySymbolicLinkLevels))
    }

    @Test("A mark that combines with a slash is part of a name, and what is made lies beneath its root")
    func combiningMarks() async throws {
        let outside = try TemporaryDirectory(mode: 0o755)
        let directory = try TemporaryDirectory(mode: 0o755)
        #expect(mkdir(directory.path("real").string, 0o755) == 0)
        for (name, target) in [("up", outside.path.string), ("in", "real")] {
            #expect(symlink(target, directory.path(name).string) == 0)
        }
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        for mark in ["\u{301}", "\u{FE0F}", "\u{200D}", "\u{20DD}"] {
            let leaves = OpenerFailure(.improperLink, .leavesRoot)
            let way = FilePath("\(directory.path)/up/\(mark)x")
            #expect(await failure { try await opener.open(way, O_WRONLY, create: 0o600) } == leaves)
            #expect(await failure { _ = try await opener.fifo(way, create: 0o600) } == leaves)
            #expect(await failure { try await opener.listen(ListeningTests.listener(way)) } == leaves)
            let inside = FilePath("\(directory.path)/in/\(mark)x")
            _ = try await opener.listen(ListeningTests.listener(inside))
            #expect(try FileStatus(ofPath: FilePath("\(directory.path)/real/\(mark)x")).kind == .socket)
        }
        #expect(try outside.path.entryNames().isEmpty)
    }

    @Test(
        "Who owns a directory beneath a root gets nothing opened by a link that they put there",
        .enabled(if: Command.canChangeUser))
    func linksOfOthers() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        for name in ["secrets", "theirs"] { #expect(mkdir(directory.path(name).string, 0o755) == 0) }
        try directory.write("secret", to: "secrets/key", mode: 0o600)
        #expect(mkfifo(directory.path("secrets/fifo").string, 0o600) == 0)
        try directory.write("log", to: "theirs/log")
        for (name, target) in [("link", "../secrets/key"), ("way", "../secrets"), ("dangling", "../secrets/new")] {
            #expect(symlink(target, directory.path("theirs/\(name)").string) == 0)
            #expect(lchown(directory.path("theirs/\(name)").string, 4711, 4711) == 0)
        }
        #expect(link(directory.path("secrets/key").string, directory.path("theirs/hard").string) == 0)
        for name in ["theirs", "theirs/log"] { #expect(chown(directory.path(name).string, 4711, 4711) == 0) }
        // By way of their directory, but the link is root's.
        #expect(symlink("theirs/log", directory.path("own").string) == 0)
        #expect(symlink("theirs/hard", directory.path("back").string) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let refused = OpenerFailure(.permissionDenied, .linkOfOthers)
        for name in ["link", "way/key", "hard", "../theirs/link", "../back"] {
            let path = directory.path("theirs/\(name)")
            #expect(await failure { try await opener.open(path, othersMayWrite: true) } == refused, "\(name)")
        }
        // Who may write to a directory on the way may put what they like there.
        let notKept = OpenerFailure(.permissionDenied, .directoryOfOthers, detail: 4711)
        for name in ["theirs/log", "own", "theirs/link", "theirs/hard"] {
            #expect(await failure { try await opener.open(directory.path(name)) } == notKept, "\(name)")
        }
        #expect(await failure { try await opener.memory(directory.path("theirs/log"), sizeLimit: 8) } == notKept)
        #expect(
            await failure {
                try await opener.open(directory.path("theirs/way/new"), O_WRONLY, create: 0o600, othersMayWrite: true)
            } == refused)
        #expect(await failure { _ = try await opener.fifo(directory.path("theirs/way/fifo"), create: nil) } == notKept)
        #expect(
            await failure { try await opener.listen(ListeningTests.listener(directory.path("theirs/way/s"))) }
                == refused)
        for name in ["theirs/log", "own"] {
            #expect(try contents(of: await opener.open(directory.path(name), othersMayWrite: true)) == "log")
        }
        #expect(try contents(of: await opener.open(directory.path("secrets/key"))) == "secret")
    }

    @Test("A root that is reached through a symbolic link is refused, since the link could be changed")
    func rootThroughLink() async throws {
        let directory = try TemporaryDirectory()
        #expect(mkdir(directory.path("real").string, 0o700) == 0)
        #expect(symlink("real", directory.path("link").string) == 0)
        let opener = try await OpenerUnderTest.start(
            roots: [directory.path("link").string, directory.path("none").string])
        let refused = OpenerFailure(.tooManySymbolicLinkLevels, .rootIsLinked)
        #expect(await failure { try await opener.open(directory.path("link/x")) } == refused)
        #expect(
            await failure { try await opener.open(directory.path("none/x")) }
                == OpenerFailure(.noSuchFileOrDirectory, .rootUnusable))
    }

    @Test("Of nested roots the innermost counts; the root of the file system holds everything that no link leaves")
    func nestedRoots() async throws {
        let directory = try TemporaryDirectory()
        #expect(mkdir(directory.path("inner").string, 0o700) == 0)
        try directory.write("outer", to: "file")
        #expect(symlink("../file", directory.path("inner/up").string) == 0)
        let inner = directory.path("inner").string
        let nested = try await OpenerUnderTest.start(roots: [directory.path.string, inner])
        #expect(
            await failure { try await nested.open(directory.path("inner/up")) }
                == OpenerFailure(.improperLink, .leavesRoot))
        let whole = try await OpenerUnderTest.start(roots: ["/"])
        #expect(try contents(of: await whole.open(directory.path("inner/up"))) == "outer")
    }

    @Test("A link in the last place is not followed if it must not be")
    func noFollow() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("x", to: "file")
        #expect(symlink("file", directory.path("link").string) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let refused = OpenerFailure(.tooManySymbolicLinkLevels)
        #expect(await failure { try await opener.open(directory.path("link"), O_NOFOLLOW) } == refused)
        #expect(try contents(of: await opener.open(directory.path("file"), O_NOFOLLOW)) == "x")
        // What the kernel keeps of O_NOFOLLOW in F_GETFL would make a descriptor that is not as granted.
        let file = try await opener.open(directory.path("file"), O_NOFOLLOW)
        #expect(try DescriptorStatus.flags(of: file) & O_NOFOLLOW == 0)
    }

    @Test("A file is made with just the mode that is given, only where there is none, and never through a link")
    func create() async throws {
        let directory = try TemporaryDirectory()
        #expect(symlink("target", directory.path("dangling").string) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let made = try await opener.open(directory.path("new"), O_WRONLY, create: 0o666)
        #expect(try FileStatus(of: made).permissions == 0o666)
        #expect(made.withUnsafeNumber { write($0, "text", 4) } == 4)
        // Again: it is opened as it is.
        let again = try await opener.open(directory.path("new"), O_RDONLY, create: 0o600)
        #expect(try contents(of: again) == "text")
        #expect(try FileStatus(of: again).permissions == 0o666)
        #expect(
            await failure { try await opener.open(directory.path("new"), O_WRONLY | O_EXCL, create: 0o600) }
                == OpenerFailure(.fileExists))
        #expect(
            await failure { try await opener.open(directory.path("dangling"), O_WRONLY, create: 0o600) }
                == OpenerFailure(.fileExists))
        #expect(
            await failure { try await opener.open(directory.path("none/new"), O_WRONLY, create: 0o600) }
                == OpenerFailure(.noSuchFileOrDirectory))
        #expect(
            await failure { try await opener.open(FilePath("\(directory.path)/.."), O_WRONLY, create: 0o600) }?.reason
                == .leavesRoot)
        #expect(directory.names().sorted() == ["dangling", "new"])
        // Truncation is the caller's wish, and nobody else's.
        _ = try await opener.open(directory.path("new"), O_WRONLY | O_TRUNC)
        #expect(try directory.read("new") == "")
    }

    @Test(
        "Flags that would do more than open a file are refused",
        arguments: [linux_o_path, linux_o_tmpfile, linux_o_direct, linux_o_noatime, O_ASYNC, 1 << 30])
    func refusedFlags(flags: CInt) async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("", to: "file")
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        #expect(await failure { try await opener.open(path, flags) }?.reason == .flagsRefused)
    }

    @Test("To open a FIFO does not wait for the other end")
    func fifoDoesNotHang() async throws {
        let directory = try TemporaryDirectory()
        #expect(mkfifo(directory.path("fifo").string, 0o600) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let reader = try await opener.open(directory.path("fifo"))
        #expect(try DescriptorStatus.flags(of: reader) & O_NONBLOCK == 0)
        let writer = try await opener.open(directory.path("fifo"), O_WRONLY)
        #expect(writer.withUnsafeNumber { write($0, "x", 1) } == 1)
        _ = consume reader
    }

    @Test("A path that no message can hold is refused by the client itself")
    func unsendable() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/"])
        let long = FilePath("/" + String(repeating: "x/", count: 3000))
        #expect(await failure { try await opener.open(long) } == OpenerFailure(.invalidArgument, .unsendable))
    }
}

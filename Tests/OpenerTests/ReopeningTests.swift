// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import Testing
import VaultTestKit

/// The access asked for is "contained in its own `F_GETFL`" (Decisions: reopening never widens).
struct ReopeningTests {
    private static let widening = OpenerFailure(.notPermitted, .widening)

    private static func held(_ path: FilePath, _ flags: CInt) throws -> HeldDescriptor {
        HeldDescriptor(try OwnedDescriptor.open(path, flags: flags))
    }

    @Test("A description that is made anew has its own offset and the access that was asked for")
    func fresh() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("0123456789", to: "file")
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"])
        let held = try Self.held(path, O_RDWR)
        #expect(held.withUnsafeNumber { lseek($0, 5, SEEK_SET) } == 5)
        let fresh = try await opener.reopen(held, O_RDONLY)
        #expect(try contents(of: fresh) == "0123456789")
        #expect(try contents(of: held) == "56789")
        #expect(try !DescriptorStatus.isSameDescription(fresh, held))
        #expect(try DescriptorStatus.accessMode(of: fresh) == .readOnly)
        for flags in [O_WRONLY, O_RDWR, O_WRONLY | O_APPEND, O_RDONLY | O_NONBLOCK] {
            let fresh = try await opener.reopen(held, flags)
            #expect(try DescriptorStatus.flags(of: fresh) & (O_ACCMODE | O_APPEND | O_NONBLOCK) == flags)
        }
    }

    @Test(
        "The opener, root though it is, gives nobody more than the descriptor has that comes along",
        arguments: [
            (O_RDONLY, O_WRONLY), (O_RDONLY, O_RDWR), (O_WRONLY, O_RDONLY), (O_WRONLY, O_RDWR),
            (O_WRONLY | O_APPEND, O_WRONLY), (O_RDWR | O_APPEND, O_RDWR), (O_RDWR | O_APPEND, O_WRONLY),
        ])
    func neverWider(own: CInt, asked: CInt) async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("x", to: "file", mode: 0o666)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let held = try Self.held(path, own)
        #expect(await failure { try await opener.reopen(held, asked) } == Self.widening)
        // To read what one may append to is not to write elsewhere.
        if own == O_RDWR | O_APPEND { _ = try await opener.reopen(held, O_RDONLY) }
    }

    @Test("Many are made at once, each a description of its own, or none", arguments: [2, WireForm.mostDescriptors])
    func many(_ count: Int) async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("abc", to: "file")
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"])
        let held = try Self.held(path, O_RDONLY)
        let made = try await opener.reopen(held, O_RDONLY, count: count)
        #expect(made.count == count)
        for descriptor in made { #expect(try contents(of: descriptor) == "abc", "its offset is its own") }
        #expect(await failure { _ = try await opener.reopen(held, O_RDWR, count: count) } == Self.widening)
        for count in [0, WireForm.mostDescriptors + 1] {
            #expect(await failure { _ = try await opener.reopen(held, O_RDONLY, count: count) }?.reason == .unsendable)
        }
    }

    @Test("A name without access (O_PATH) is reopened in no way: it was never permission to read")
    func pathOnly() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/"])
        let shadow = try Self.held("/etc/passwd", linux_o_path)
        for flags in [O_RDONLY, O_WRONLY, O_RDWR] {
            #expect(await failure { try await opener.reopen(shadow, flags) } == Self.widening)
        }
    }

    @Test(
        "What an ordinary user opened for reading cannot become a way to write",
        .enabled(if: isRoot, "needs root"))
    func ofAnotherUser() async throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let path = try directory.write("x", to: "file", mode: 0o644)
        let opener = try await OpenerUnderTest.start(roots: ["/"], brokerUID: 4711)
        let held = try await opener.openAsAsker(path)
        #expect(await failure { try await opener.reopen(held, O_RDWR) } == Self.widening)
        #expect(try contents(of: await opener.reopen(held, O_RDONLY)) == "x")
    }

    @Test("Flags of open(2) that have no place in a reopening are refused, and so is the access mode 3")
    func refusedFlags() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("x", to: "file")
        let opener = try await OpenerUnderTest.start(roots: ["/"])
        let held = try Self.held(path, O_RDWR)
        for flags in [O_TRUNC | O_RDWR, O_CREAT, linux_o_path, linux_o_tmpfile, O_DIRECTORY, O_NOFOLLOW, O_ACCMODE] {
            #expect(await failure { try await opener.reopen(held, flags) }?.reason == .flagsRefused, "\(flags)")
        }
        #expect(try directory.read("file") == "x")
    }

    @Test("Sockets, anonymous inodes and the kernel's own files are not reopened; memory and FIFOs are")
    func kinds() async throws {
        let directory = try TemporaryDirectory()
        let opener = try await OpenerUnderTest.start(roots: ["/"])
        let pair = try MessageSocket.pair()
        let socket = HeldDescriptor(try pair.first.duplicate())
        #expect(await failure { try await opener.reopen(socket, O_RDWR) }?.reason == .wrongKind)
        let event = HeldDescriptor(OwnedDescriptor(adopting: linux_eventfd_create()))
        #expect(await failure { try await opener.reopen(event, O_RDWR) }?.reason == .wrongKind)
        // The kernel asks who opens /proc/PID/mem: for root it would be another answer than for its first opener.
        let status = try Self.held("/proc/self/status", O_RDONLY)
        #expect(await failure { try await opener.reopen(status, O_RDONLY) }?.reason == .protectedPlace)

        let memory = HeldDescriptor(try SealedMemory.make(name: "m", contents: Array("sealed".utf8).span))
        #expect(try contents(of: await opener.reopen(memory, O_RDONLY)) == "sealed")
        #expect(mkfifo(directory.path("fifo").string, 0o600) == 0)
        let fifo = try Self.held(directory.path("fifo"), O_RDWR | O_NONBLOCK)
        let fresh = try await opener.reopen(fifo, O_RDONLY)
        #expect(try DescriptorStatus.flags(of: fresh) & O_NONBLOCK == 0)
    }

    @Test("A reopened file that has no name any more is still that file")
    func unlinked() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("gone", to: "file")
        let opener = try await OpenerUnderTest.start(roots: ["/nonexistent"])
        let held = try Self.held(path, O_RDONLY)
        #expect(unlink(path.string) == 0)
        #expect(try contents(of: await opener.reopen(held, O_RDONLY)) == "gone")
    }
}

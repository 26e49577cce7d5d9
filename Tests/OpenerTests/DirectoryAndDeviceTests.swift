// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import Testing
import VaultTestKit

struct DirectoryAndDeviceTests {
    @Test("A directory is opened as one, and again as a description of its own; what is none is refused unopened")
    func directory() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("beneath", to: "file")
        #expect(mkfifo(directory.path("fifo").string, 0o600) == 0)
        #expect(symlink("file", directory.path("link").string) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let opened = try await opener.open(directory.path, O_RDONLY | O_DIRECTORY, mustBe: .directory)
        #expect(try FileStatus(of: opened).isSameFile(as: FileStatus(ofPath: directory.path)))
        #expect(try DescriptorStatus.flags(of: opened) & (O_ACCMODE | O_NONBLOCK) == O_RDONLY)
        let again = try await opener.reopen(opened, O_RDONLY)
        #expect(try DescriptorStatus.kind(of: again) == .directory)
        #expect(try contents(of: HeldDescriptor(try OwnedDescriptor.open("file", in: again))) == "beneath")
        let refused = OpenerFailure(.notDirectory, .notDirectory)
        for name in ["file", "fifo", "link"] {
            #expect(
                await failure { try await opener.open(directory.path(name), mustBe: .directory) } == refused, "\(name)")
        }
        let missing = OpenerFailure(.noSuchFileOrDirectory)
        #expect(await failure { try await opener.open(directory.path("none"), mustBe: .directory) } == missing)
    }

    @Test("A link out of the root, and what lies outside of it, is no way to a directory")
    func directoryBeneathRoots() async throws {
        let directory = try TemporaryDirectory()
        #expect(symlink("/usr", directory.path("out").string) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        #expect(
            await failure { try await opener.open(directory.path("out"), mustBe: .directory) }
                == OpenerFailure(.improperLink, .leavesRoot))
        #expect(
            await failure { try await opener.open("/usr", mustBe: .directory) }
                == OpenerFailure(.improperLink, .outsideRoots))
        #expect(
            await failure { try await opener.open(FilePath("\(directory.path)/.."), mustBe: .directory) }?.reason
                == .leavesRoot)
    }

    @Test("A character device is opened without waiting, and delivered blocking; again with no more than it has")
    func device() async throws {
        let opener = try await OpenerUnderTest.start(roots: ["/dev"])
        let zero = try await opener.open("/dev/zero", O_RDWR, mustBe: .characterDevice)
        #expect(try DescriptorStatus.flags(of: zero) & (O_ACCMODE | O_NONBLOCK) == O_RDWR)
        let reading = try await opener.reopen(zero, O_RDONLY)
        #expect(try DescriptorStatus.flags(of: reading) & (O_ACCMODE | O_NONBLOCK) == O_RDONLY)
        var byte: UInt8 = 1
        #expect(reading.withUnsafeNumber { read($0, &byte, 1) } == 1 && byte == 0)
        #expect(await failure { try await opener.reopen(reading, O_RDWR) }?.reason == .widening)
    }

    @Test("What is no character device is refused, and not opened for it: files, directories, FIFOs")
    func notDevice() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("x", to: "file")
        #expect(mkfifo(directory.path("fifo").string, 0o600) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        for name in ["file", "fifo"] {
            #expect(
                await failure { try await opener.open(directory.path(name), mustBe: .characterDevice) }
                    == OpenerFailure(.invalidArgument, .notCharacterDevice), "\(name)")
        }
        #expect(
            await failure { try await opener.open(directory.path, mustBe: .characterDevice) }
                == OpenerFailure(.isDirectory, .notCharacterDevice))
    }

    @Test("A block device is refused: whoever has it has all that lies on it", .enabled(if: isRoot))
    func blockDevice() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("disk")
        // Not every root may make a device.
        guard mknod(path.string, S_IFBLK | 0o600, dev_t(7 << 8)) == 0 else { return }
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        #expect(
            await failure { try await opener.open(path, mustBe: .characterDevice) }
                == OpenerFailure(.invalidArgument, .notCharacterDevice))
    }
}

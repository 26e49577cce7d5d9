// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("The status of a descriptor")
struct DescriptorStatusTests {
    @Test("tells the access mode of the description, and that O_PATH has none")
    func accessModes() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("text", to: "file")
        for (flags, mode) in [
            (O_RDONLY, AccessMode.readOnly), (O_WRONLY, .writeOnly), (O_RDWR, .readWrite), (linux_o_path, .none),
        ] {
            let file = try OwnedDescriptor.open(path, flags: flags)
            #expect(try DescriptorStatus.accessMode(of: file.raw) == mode)
            #expect(try DescriptorStatus.isPathOnly(file.raw) == (mode == .none))
            #expect(try DescriptorInformation(of: file.raw).accessMode == mode)
        }
    }

    @Test("contains an access mode in another as sets of rights contain each other")
    func containment() {
        let all: [AccessMode] = [.none, .readOnly, .writeOnly, .readWrite]
        for (index, mode) in all.enumerated() {
            for (otherIndex, other) in all.enumerated() {
                #expect(mode.isContained(in: other) == (index & otherIndex == index), "\(mode) in \(other)")
            }
        }
    }

    @Test("changes flags for all holders of the description, and close-on-exec for one")
    func flags() throws {
        let directory = try TemporaryDirectory()
        let file = try OwnedDescriptor.open(try directory.write("", to: "file"), flags: O_WRONLY | O_APPEND)
        let second = try file.duplicate()
        try DescriptorStatus.setNonBlocking(true, of: file.raw)
        #expect(try DescriptorStatus.flags(of: second.raw) & (O_NONBLOCK | O_APPEND) == O_NONBLOCK | O_APPEND)
        try DescriptorStatus.setNonBlocking(false, of: second.raw)
        #expect(try DescriptorStatus.flags(of: file.raw) & (O_NONBLOCK | O_APPEND) == O_APPEND)
        try DescriptorStatus.setCloseOnExec(false, of: second.raw)
        #expect(try !DescriptorStatus.isCloseOnExec(second.raw))
        #expect(try DescriptorStatus.isCloseOnExec(file.raw))
    }

    @Test("tells a duplicate from a fresh description of the same file")
    func sameDescription() throws {
        let directory = try TemporaryDirectory()
        let file = try OwnedDescriptor.open(try directory.write("text", to: "file"), flags: O_RDWR)
        let duplicate = try file.duplicate()
        let fresh = try DescriptorStatus.reopen(file.raw, flags: O_RDONLY)
        #expect(try DescriptorStatus.isSameDescription(file.raw, duplicate.raw))
        #expect(try !DescriptorStatus.isSameDescription(file.raw, fresh.raw))
        #expect(try FileStatus(of: file.raw).isSameFile(as: FileStatus(of: fresh.raw)))
        #expect(try DescriptorStatus.accessMode(of: fresh.raw) == .readOnly)
        #expect(try fresh.readAll().count == 4)
        #expect(lseek(file.raw, 0, SEEK_CUR) == 0)
    }

    @Test("reopens no socket, and refuses flags that mean the link in /proc or a new file")
    func reopenRefuses() throws {
        let pair = try MessageSocket.pair()
        #expect(throws: Errno.noSuchAddressOrDevice) { _ = try DescriptorStatus.reopen(pair.first.raw, flags: O_RDWR) }
        let null = try OwnedDescriptor.open("/dev/null")
        for flags in [O_NOFOLLOW, O_CREAT, O_CREAT | O_EXCL] {
            #expect(throws: Errno.invalidArgument) { _ = try DescriptorStatus.reopen(null.raw, flags: flags) }
        }
    }

    @Test("tells kinds of files apart")
    func kinds() throws {
        let directory = try TemporaryDirectory()
        let file = try OwnedDescriptor.open(try directory.write("", to: "file"))
        let folder = try OwnedDescriptor.open(directory.path)
        let pair = try MessageSocket.pair()
        let pipe = try OwnedDescriptor.pipe()
        let null = try OwnedDescriptor.open("/dev/null")
        #expect(symlink("file", directory.path("link").string) == 0)
        let link = try OwnedDescriptor.open(directory.path("link"), flags: linux_o_path | O_NOFOLLOW)
        let event = OwnedDescriptor(adopting: linux_eventfd_create())
        for (number, kind) in [
            (file.raw, FileKind.regular), (folder.raw, .directory), (pair.first.raw, .socket), (pipe.reader.raw, .fifo),
            (null.raw, .characterDevice), (link.raw, .symbolicLink), (event.raw, .anonymous),
        ] {
            #expect(try FileStatus(of: number).kind == kind)
        }
        #expect(try FileStatus(ofPath: directory.path("link")).kind == .regular)
        #expect(try FileStatus(ofPath: directory.path("link"), followingLinks: false).kind == .symbolicLink)
        #expect(throws: Errno.noSuchFileOrDirectory) { _ = try FileStatus(ofPath: directory.path("none")) }
        #expect(try DescriptorStatus.filesystemType(of: pipe.reader.raw) == LINUX_MAGIC_PIPEFS)
    }

    @Test("tells the mount as mountinfo does, the offset, the inode, and nothing of what is not open")
    func information() throws {
        let file = try OwnedDescriptor.open("/proc/self/mountinfo")
        let text = String(decoding: try file.readAll(), as: UTF8.self)
        let information = try DescriptorInformation(of: file.raw)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(information.mountID) ") })
        #expect(line.contains(" /proc ") && line.contains(" - proc "))
        #expect(information.position == Int64(text.utf8.count))
        #expect(try information.inode == nil || information.inode == FileStatus(of: file.raw).inode)
        #expect(information.flags & O_CLOEXEC != 0)
        #expect(information.pid == nil)
        #expect(throws: Errno.noSuchFileOrDirectory) { _ = try DescriptorInformation(of: 1 << 20) }
    }

    @Test("is read for every kind of descriptor that one can have")
    func everyKind() throws {
        let loop = try EventLoop()
        let pair = try MessageSocket.pair()
        _ = try loop.watch(pair.first.raw, for: .readable) { _ in }
        let pidfd = try ProcessDescriptor.open(getpid())
        #expect(try DescriptorInformation(of: pidfd.raw).pid == getpid())
        for number in openDescriptors().keys {
            // Another test may have closed it meanwhile.
            do { _ = try DescriptorInformation(of: number) } catch { #expect(error == .noSuchFileOrDirectory) }
        }
    }
}

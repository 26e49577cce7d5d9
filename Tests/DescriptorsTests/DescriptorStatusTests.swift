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
            #expect(try DescriptorStatus.accessMode(of: file) == mode)
            #expect(try DescriptorInformation(of: file).accessMode == mode)
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
        try DescriptorStatus.setNonBlocking(true, of: file)
        #expect(try DescriptorStatus.flags(of: second) & (O_NONBLOCK | O_APPEND) == O_NONBLOCK | O_APPEND)
        try DescriptorStatus.setNonBlocking(false, of: second)
        #expect(try DescriptorStatus.flags(of: file) & (O_NONBLOCK | O_APPEND) == O_APPEND)
        try DescriptorStatus.setCloseOnExec(false, of: second)
        #expect(try !DescriptorStatus.isCloseOnExec(second))
        #expect(try DescriptorStatus.isCloseOnExec(file))
    }

    @Test("tells a duplicate from a fresh description of the same file")
    func sameDescription() throws {
        let directory = try TemporaryDirectory()
        let file = try OwnedDescriptor.open(try directory.write("text", to: "file"), flags: O_RDWR)
        let duplicate = try file.duplicate()
        let fresh = try DescriptorStatus.reopen(file, flags: O_RDONLY)
        #expect(try DescriptorStatus.isSameDescription(file, duplicate))
        #expect(try !DescriptorStatus.isSameDescription(file, fresh))
        #expect(try FileStatus(of: file).isSameFile(as: FileStatus(of: fresh)))
        #expect(try DescriptorStatus.accessMode(of: fresh) == .readOnly)
        #expect(try fresh.readAll().count == 4)
        #expect(file.withUnsafeNumber { lseek($0, 0, SEEK_CUR) } == 0)
    }

    @Test("reopens no socket, and refuses flags that mean the link in /proc or a new file")
    func reopenRefuses() throws {
        let pair = try MessageSocket.pair()
        #expect(throws: Errno.noSuchAddressOrDevice) { _ = try DescriptorStatus.reopen(pair.first, flags: O_RDWR) }
        let null = try OwnedDescriptor.open("/dev/null")
        for flags in [O_NOFOLLOW, O_CREAT, O_CREAT | O_EXCL] {
            #expect(throws: Errno.invalidArgument) { _ = try DescriptorStatus.reopen(null, flags: flags) }
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
        #expect(try FileStatus(of: file).kind == .regular)
        #expect(try FileStatus(of: folder).kind == .directory)
        #expect(try FileStatus(of: pair.first).kind == .socket)
        #expect(try FileStatus(of: pipe.reader).kind == .fifo)
        #expect(try FileStatus(of: null).kind == .characterDevice)
        #expect(try FileStatus(of: link).kind == .symbolicLink)
        #expect(try FileStatus(of: event).kind == .anonymous)
        #expect(try FileStatus(ofPath: directory.path("link")).kind == .regular)
        #expect(try FileStatus(ofPath: directory.path("link"), followingLinks: false).kind == .symbolicLink)
        #expect(throws: Errno.noSuchFileOrDirectory) { _ = try FileStatus(ofPath: directory.path("none")) }
        #expect(try DescriptorStatus.filesystemType(of: pipe.reader) == LINUX_MAGIC_PIPEFS)
    }

    @Test("tells the mount as mountinfo does, the offset, the inode, and nothing of what is not open")
    func information() throws {
        let file = try OwnedDescriptor.open("/proc/self/mountinfo")
        let text = String(decoding: try file.readAll(), as: UTF8.self)
        let information = try DescriptorInformation(of: file)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(information.mountID) ") })
        #expect(line.contains(" /proc ") && line.contains(" - proc "))
        #expect(information.position == Int64(text.utf8.count))
        #expect(try information.inode == nil || information.inode == FileStatus(of: file).inode)
        #expect(information.flags & O_CLOEXEC != 0)
        #expect(information.pid == nil)
        #expect(throws: Errno.noSuchFileOrDirectory) { _ = try DescriptorInformation(of: BareNumber(1 << 20)) }
    }

    @Test("is read for every kind of descriptor that one can have")
    func everyKind() throws {
        let loop = try EventLoop()
        let pair = try MessageSocket.pair()
        _ = try loop.watch(HeldDescriptor(pair.first), for: .readable) { _ in }
        let pidfd = try ProcessDescriptor.open(getpid())
        #expect(try DescriptorInformation(of: pidfd).pid == getpid())
        for number in openDescriptors().keys {
            // Another test may have closed it meanwhile.
            do { _ = try DescriptorInformation(of: BareNumber(number)) } catch {
                #expect(error == .noSuchFileOrDirectory)
            }
        }
    }
}

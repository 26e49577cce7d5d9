// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("Files and their names")
struct FilesTests {
    private let directory = try! TemporaryDirectory()

    @Test("What is written at an offset is read there, and the file offset stays where it is")
    func places() throws {
        let file = try OwnedDescriptor.open(directory.path("file"), flags: O_RDWR | O_CREAT)
        try file.writeAll([1, 2, 3].span, at: 4)
        #expect(try file.read(16, at: 3) == [0, 1, 2, 3])
        #expect(try file.read(2, at: 5) == [2, 3])
        #expect(try file.read(2, at: 7) == [])
        try file.resize(to: 5)
        #expect(try file.readAll() == [0, 0, 0, 0, 1])
        try file.allocate(8192)
        #expect(try FileStatus(of: file).size == 8192)
    }

    @Test("One open file description has the lock, and its end gives it back")
    func locks() throws {
        let path = directory.path("lock")
        let first = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT)
        try first.lock()
        let second = try OwnedDescriptor.open(path, flags: O_RDWR)
        #expect(throws: Errno.wouldBlock) { try second.lock() }
        // A copy, as a child has it, does not keep a lock that was given up.
        let copy = HeldDescriptor(try first.duplicate())
        first.unlock()
        try second.lock()
        withExtendedLifetime(copy) {}
    }

    @Test("A name is made, moved, listed and taken away; what is not there is no error where that is meant")
    func names() throws {
        let folder = directory.path("folder")
        #expect(try folder.makeDirectory(mode: 0o700))
        #expect(try !folder.makeDirectory(mode: 0o700))
        try OwnedDescriptor.open(folder.appending("old"), flags: O_WRONLY | O_CREAT).synchronize()
        try folder.appending("old").rename(to: folder.appending("new"))
        try folder.appending("new").link(as: folder.appending("other"))
        #expect(throws: Errno.fileExists) { try folder.appending("new").link(as: folder.appending("other")) }
        try folder.synchronizeDirectory()
        let listed = try OwnedDescriptor.open(folder, flags: O_DIRECTORY)
        for _ in 0..<2 {
            #expect(
                Set(try listed.entryNames().map { String(decoding: $0, as: UTF8.self) }) == ["new", "other"])
        }
        #expect(try folder.appending("new").unlink())
        #expect(try !folder.appending("new").unlink())
        #expect(throws: Errno.notDirectory) { _ = try folder.appending("other").entryNames() }
        #expect(symlink("other", folder.appending("link").string) == 0)
        #expect(try folder.appending("link").linkTarget() == Array("other".utf8))
        #expect(try folder.appending("link").resolved().lastComponent == "other")
        #expect(throws: Errno.noSuchFileOrDirectory) { _ = try folder.appending("none").resolved() }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("An owned descriptor")
struct OwnedDescriptorTests {
    @Test("is closed when its life ends, not before, and released ones are not closed")
    func lifeEnds() throws {
        let released: CInt
        do {
            let first = try SealedMemory.makeUnsealed(name: "lifeEnds")
            let second = try first.duplicate()
            #expect(openDescriptorCount(of: "memfd:lifeEnds") == 2)
            released = first.release()
            #expect(contents(of: second) == "")
        }
        #expect(openDescriptorCount(of: "memfd:lifeEnds") == 1)
        #expect(Glibc.close(released) == 0)
        #expect(openDescriptorCount(of: "memfd:lifeEnds") == 0)
    }

    @Test("that was closed by somebody else traps, since its number may already name something else")
    func doubleClose() async {
        await #expect(processExitsWith: .failure) {
            let pipe = try OwnedDescriptor.pipe()
            pipe.reader.withUnsafeNumber { Glibc.close($0) }
        }
    }

    @Test("says what close(2) said, and is gone all the same")
    func closeReports() throws {
        let device = try OwnedDescriptor.open("/dev/null", flags: O_WRONLY)
        try device.close()
        let full = try OwnedDescriptor.open("/dev/full", flags: O_WRONLY)
        #expect(throws: Errno.noSpace) { try full.writeAll([1].span) }
    }

    @Test("has duplicates that share its open file description, are close-on-exec, and can start at a number")
    func duplicates() throws {
        let memory = try SealedMemory.makeUnsealed(name: "test")
        let second = try memory.duplicate(atOrAbove: 100)
        #expect(second.withUnsafeNumber { $0 >= 100 })
        #expect(try DescriptorStatus.isCloseOnExec(second))
        #expect(try DescriptorStatus.isSameDescription(memory, second))
        #expect(throws: Errno.badFileDescriptor) { _ = try BareNumber(-1).duplicate() }
    }

    @Test("can be shared and kept in a dictionary when it is held, and closes with the last reference")
    func held() throws {
        var table: [String: HeldDescriptor] = [:]
        table["a"] = HeldDescriptor(try SealedMemory.makeUnsealed(name: "held"))
        table["b"] = table["a"]
        table["a"] = nil
        #expect(openDescriptorCount(of: "memfd:held") == 1)
        table["b"] = nil
        #expect(openDescriptorCount(of: "memfd:held") == 0)
    }

    @Test("reads everything up to a limit, and says when there is more")
    func readsAll() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(String(repeating: "x", count: 100_000), to: "file")
        #expect(try OwnedDescriptor.open(path).readAll().count == 100_000)
        #expect(try OwnedDescriptor.open(path).readAll(limit: 100_000).count == 100_000)
        #expect(throws: Errno.fileTooLarge) { _ = try OwnedDescriptor.open(path).readAll(limit: 99_999) }
        #expect(try OwnedDescriptor.open(path).readPrefix(7).count == 7)
    }

    @Test("is opened close-on-exec, relative to a directory if one is given")
    func opens() throws {
        let directory = try TemporaryDirectory()
        try directory.write("text", to: "file")
        let folder = try OwnedDescriptor.open(directory.path, flags: O_DIRECTORY)
        let file = try OwnedDescriptor.open("file", in: folder)
        #expect(try DescriptorStatus.isCloseOnExec(file))
        #expect(throws: Errno.noSuchFileOrDirectory) { _ = try OwnedDescriptor.open("none", in: folder) }
    }
}

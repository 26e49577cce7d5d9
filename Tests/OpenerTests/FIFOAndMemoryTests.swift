// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import Testing
import VaultTestKit

struct FIFOAndMemoryTests {
    @Test("A FIFO that is there is opened at both ends, neither of which waits or is left non-blocking")
    func bothEnds() async throws {
        let directory = try TemporaryDirectory()
        #expect(mkfifo(directory.path("fifo").string, 0o600) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let (reader, writer) = try await opener.fifo(directory.path("fifo"), create: nil)
        #expect(try DescriptorStatus.flags(of: reader) & (O_ACCMODE | O_NONBLOCK) == O_RDONLY)
        #expect(try DescriptorStatus.flags(of: writer) & (O_ACCMODE | O_NONBLOCK) == O_WRONLY)
        #expect(writer.withUnsafeNumber { write($0, "through", 7) } == 7)
        var buffer = [UInt8](repeating: 0, count: 16)
        #expect(reader.withUnsafeNumber { read($0, &buffer, 16) } == 7)
    }

    @Test("The reader sees the end when the writer is gone: the opener keeps no end of its own")
    func noEndIsKept() async throws {
        let directory = try TemporaryDirectory()
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        var ends: (reader: HeldDescriptor, writer: HeldDescriptor)? =
            try await opener.fifo(directory.path("fifo"), create: 0o600)
        let reader = try #require(ends?.reader)
        ends = nil
        // The worker closes its ends after it has answered.
        try await waitUntil("the end of the FIFO") {
            try Readiness.current(for: .readable, on: reader).contains(.hangUp)
        }
        #expect(try contents(of: reader) == "")
    }

    @Test("A FIFO is made with just its mode if there is none, and only if that was asked")
    func make() async throws {
        let directory = try TemporaryDirectory()
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let path = directory.path("fifo")
        #expect(await failure { try await opener.fifo(path, create: nil) } == OpenerFailure(.noSuchFileOrDirectory))
        let (first, _) = try await opener.fifo(path, create: 0o622)
        #expect(try FileStatus(of: first).permissions == 0o622)
        let (second, _) = try await opener.fifo(path, create: 0o600)
        #expect(try FileStatus(of: second).isSameFile(as: FileStatus(of: first)))
    }

    @Test("What is no FIFO is refused, and is not opened for it")
    func notFIFO() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("kept", to: "file")
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let refused = OpenerFailure(.invalidArgument, .wrongKind)
        #expect(await failure { try await opener.fifo(directory.path("file"), create: 0o600) } == refused)
        #expect(await failure { try await opener.fifo(directory.path, create: nil) } == refused)
        #expect(
            await failure { try await opener.fifo(directory.path("x"), create: 0o4600) }?.reason == .flagsRefused)
        #expect(try directory.read("file") == "kept")
    }

    @Test("Memory holds what the file held, for reading only, and sealed against every change")
    func memory() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a secret", to: "secret")
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let memory = try await opener.memory(path, sizeLimit: 8)
        try directory.write("another", to: "secret")
        #expect(try contents(of: memory) == "a secret")
        #expect(try DescriptorStatus.accessMode(of: memory) == .readOnly)
        #expect(try SealedMemory.seals(of: memory).isSuperset(of: .immutable))
        #expect(try contents(of: await opener.reopen(memory, O_RDONLY)) == "a secret")
    }

    @Test(
        "A copy is its owner's alone, is sealed, and is read from where it began",
        .enabled(if: geteuid() == 0, "needs root: memory is made for another user"))
    func copies() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a secret", to: "secret")
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let owner = SealedMemory.Owner(uid: 4711, gid: 4712)
        let held = try await opener.memory(path, sizeLimit: 8)
        #expect(try contents(of: held) == "a secret")
        let copies = [
            try await opener.memory(path, sizeLimit: 8, owner: owner), try await opener.copy(held, owner: owner),
        ]
        for copy in copies {
            let status = try FileStatus(of: copy)
            #expect(status.uid == 4711 && status.gid == 4712 && status.permissions == 0o400)
            #expect(try DescriptorStatus.accessMode(of: copy) == .readOnly)
            #expect(try SealedMemory.seals(of: copy).isSuperset(of: .immutable))
            #expect(try contents(of: copy) == "a secret")
        }
        let everybodys = try FileStatus(of: try await opener.copy(held, owner: nil))
        #expect(everybodys.permissions == 0o444)
    }

    @Test("Only sealed memory is copied: a file could be any size, and could hang")
    func copiesOfOthers() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a file", to: "file")
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let file = HeldDescriptor(try OwnedDescriptor.open(path))
        let unsealed = HeldDescriptor(try SealedMemory.makeUnsealed(name: "open"))
        for other in [file, unsealed] {
            #expect(await failure { try await opener.copy(other, owner: nil) }?.reason == .wrongKind)
        }
    }

    @Test("What an open file holds is read from its beginning, and its offset stays where it was")
    func contentOfFile() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("123456789", to: "file")
        #expect(mkfifo(directory.path("fifo").string, 0o600) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string])
        let file = HeldDescriptor(try OwnedDescriptor.open(path))
        #expect(try file.readPrefix(4) == Array("1234".utf8))
        let content = try await opener.content(file, sizeLimit: 9)
        #expect(try SealedMemory.seals(of: content).isSuperset(of: .immutable))
        #expect(try contents(of: content) == "123456789")
        #expect(try file.readAll() == Array("56789".utf8))
        #expect(await failure { try await opener.content(file, sizeLimit: 8) }?.errno == .fileTooLarge)
        let writing = HeldDescriptor(try OwnedDescriptor.open(path, flags: O_WRONLY))
        #expect(await failure { try await opener.content(writing, sizeLimit: 9) }?.errno == .badFileDescriptor)
        let fifo = HeldDescriptor(try OwnedDescriptor.open(directory.path("fifo"), flags: O_RDONLY | O_NONBLOCK))
        for other in [fifo, HeldDescriptor(try OwnedDescriptor.open(directory.path, flags: O_RDONLY))] {
            #expect(await failure { try await opener.content(other, sizeLimit: 9) }?.reason == .wrongKind)
        }
    }

    @Test("A file that is too large for memory, or is no regular file, is refused")
    func memoryLimits() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("123456789", to: "file")
        try directory.write("", to: "empty")
        #expect(mkfifo(directory.path("fifo").string, 0o600) == 0)
        let opener = try await OpenerUnderTest.start(roots: [directory.path.string, "/dev"])
        let tooLarge = OpenerFailure(.fileTooLarge, .tooLarge)
        #expect(await failure { try await opener.memory(path, sizeLimit: 8) } == tooLarge)
        #expect(await failure { try await opener.memory(path, sizeLimit: 0) } == tooLarge)
        #expect(try contents(of: await opener.memory(directory.path("empty"), sizeLimit: 0)) == "")
        for other in [directory.path("fifo"), directory.path, "/dev/zero"] {
            #expect(await failure { try await opener.memory(other, sizeLimit: 100) }?.reason == .notRegular)
        }
    }
}

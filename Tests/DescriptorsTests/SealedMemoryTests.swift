// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("Sealed memory")
struct SealedMemoryTests {
    @Test("holds its contents from the start, and nobody can change them by any means")
    func immutable() throws {
        let memory = try SealedMemory.make(name: "secret", contents: Array("contents".utf8).span)
        #expect(try String(decoding: memory.readAll(), as: UTF8.self) == "contents")
        #expect(try SealedMemory.seals(of: memory).isSuperset(of: .immutable))
        #expect(throws: Errno.notPermitted) { try memory.writeAll([1].span) }
        #expect(memory.withUnsafeNumber { ftruncate($0, 0) } == -1 && errno == EPERM)
        #expect(memory.withUnsafeNumber { ftruncate($0, 100) } == -1 && errno == EPERM)
        #expect(memory.withUnsafeNumber { mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, $0, 0) } == MAP_FAILED)
        #expect(throws: Errno.notPermitted) { try SealedMemory.add(.futureWrite, to: memory) }
        let again = try DescriptorStatus.reopen(memory, flags: O_RDWR)
        #expect(throws: Errno.notPermitted) { try again.writeAll([1].span) }
    }

    @Test("may be empty, and larger than one write")
    func sizes() throws {
        #expect(try SealedMemory.make(name: "empty", contents: [UInt8]().span).readAll().isEmpty)
        let large = [UInt8](repeating: 7, count: 3_000_000)
        #expect(try SealedMemory.make(name: "large", contents: large.span).readAll(limit: 4_000_000) == large)
    }

    @Test("is sealed step by step: existing writers go on after futureWrite, new ones cannot start")
    func steps() throws {
        let memory = try SealedMemory.makeUnsealed(name: "steps")
        try memory.writeAll([1, 2, 3].span)
        let mapping = memory.withUnsafeNumber { mmap(nil, 3, PROT_READ | PROT_WRITE, MAP_SHARED, $0, 0) }
        try #require(mapping != MAP_FAILED)
        #expect(throws: Errno.resourceBusy) { try SealedMemory.add(.write, to: memory) }
        try SealedMemory.add(.futureWrite, to: memory)
        mapping?.storeBytes(of: 9, as: UInt8.self)
        #expect(munmap(mapping, 3) == 0)
        #expect(throws: Errno.notPermitted) { try memory.writeAll([1].span) }
        try SealedMemory.add(.immutable, to: memory)
    }

    @Test("has a name of at most 249 bytes, and other files have no seals")
    func limits() throws {
        #expect(throws: Errno.invalidArgument) {
            _ = try SealedMemory.makeUnsealed(name: String(repeating: "x", count: 250))
        }
        let null = try OwnedDescriptor.open("/dev/null")
        #expect(throws: Errno.invalidArgument) { _ = try SealedMemory.seals(of: null) }
    }
}

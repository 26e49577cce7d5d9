// SPDX-License-Identifier: Apache-2.0

import Glibc
import Records
import SystemPackage
import Testing
import VaultLedger
import VaultTestKit

@Suite struct RevocationJournalTests {
    @Test("What was appended is there when the file is opened again, until it is cleared")
    func appendAndClear() throws {
        let directory = try TemporaryDirectory()
        let first = try RevocationJournal(directory: directory.path)
        #expect(first.entries.isEmpty)
        let one = try first.append("rule one")
        let two = try first.append("rule zwei: ü")
        #expect(one < two)

        let second = try RevocationJournal(directory: directory.path)
        #expect(second.entries.map(\.text) == ["rule one", "rule zwei: ü"])
        let three = try second.append("three")
        #expect(three > two)
        try second.clear(through: two)
        #expect(second.entries.map(\.id) == [three])

        let third = try RevocationJournal(directory: directory.path)
        #expect(third.entries == second.entries)
        try third.clear(through: three)
        #expect(try RevocationJournal(directory: directory.path).entries.isEmpty)
    }

    @Test("The file is allocated before it is needed, and written through")
    func preallocated() throws {
        let directory = try TemporaryDirectory()
        let journal = try RevocationJournal(directory: directory.path)
        func status() -> (size: Int, blocks: Int) {
            var status = stat()
            return stat(directory.path("revoked").string, &status) == 0
                ? (Int(status.st_size), Int(status.st_blocks)) : (0, 0)
        }
        let before = status()
        #expect(before.size == 256 * 4096)
        #expect(before.blocks * 512 >= before.size)
        _ = try journal.append("x")
        #expect(status() == before)
        let synchronous = directoryEntries("/proc/self/fdinfo").contains { name in
            guard let target = readLink(FilePath("/proc/self/fd/\(name)")), target == directory.path("revoked").string
            else { return false }
            return fcntl(CInt(name) ?? -1, F_GETFL) & O_DSYNC != 0
        }
        #expect(synchronous)
    }

    @Test("A slot that was not written to its end is free, whichever byte is missing")
    func tornWrite() throws {
        let directory = try TemporaryDirectory()
        let journal = try RevocationJournal(directory: directory.path)
        _ = try journal.append("kept")
        _ = try journal.append("torn")
        let file = try FileDescriptor.open(directory.path("revoked"), .readWrite)
        defer { try? file.close() }
        for offset in [0, 7, 15, 17, 2000, 4095] {
            var byte: [UInt8] = [0]
            let position = Int64(4096 + offset)
            _ = try byte.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: position, into: $0) }
            try file.writeAll(toAbsoluteOffset: position, [byte[0] ^ 0x40])
            #expect(try RevocationJournal(directory: directory.path).entries.map(\.text) == ["kept"])
            try file.writeAll(toAbsoluteOffset: position, byte)
            #expect(try RevocationJournal(directory: directory.path).entries.map(\.text) == ["kept", "torn"])
        }
    }

    @Test("It says when it is full or a text is too long, and works on")
    func limits() throws {
        let directory = try TemporaryDirectory()
        let journal = try RevocationJournal(directory: directory.path)
        let long = String(repeating: "x", count: RevocationJournal.textLimit)
        _ = try journal.append(long)
        #expect(throws: LedgerError.self) { try journal.append(long + "x") }
        for index in 1..<RevocationJournal.capacity { _ = try journal.append("\(index)") }
        let error = #expect(throws: LedgerError.self) { try journal.append("one more") }
        #expect(error?.kind == .full)
        #expect(journal.entries.count == RevocationJournal.capacity)
        try journal.clear(through: 3)
        _ = try journal.append("one more")
        let reread = try RevocationJournal(directory: directory.path)
        #expect(reread.entries == journal.entries)
        #expect(reread.entries.last?.text == "one more")
    }

    @Test("One in parts is there as a whole, and cleared as one; where there is no room for all, none is written")
    func parts() throws {
        let directory = try TemporaryDirectory()
        let journal = try RevocationJournal(directory: directory.path)
        let one = try journal.append(parts: (1...200).map { "one, \($0)" })
        let two = try journal.append(parts: (1...50).map { "two, \($0)" })
        #expect(throws: LedgerError.self) { try journal.append(parts: (1...7).map { "three, \($0)" }) }
        let again = try RevocationJournal(directory: directory.path)
        #expect(again.entries == journal.entries)
        #expect(again.entries.count == 250)
        try again.clear(through: one)
        #expect(again.entries.map(\.id) == [UInt64](repeating: two, count: 50))
        #expect(try again.append(parts: (1...200).map { "three, \($0)" }) > two)
    }

    @Test("A file that was cut short while it was made is completed")
    func incompleteFile() throws {
        let directory = try TemporaryDirectory()
        _ = try RevocationJournal(directory: directory.path).append("first")
        #expect(truncate(directory.path("revoked").string, 5000) == 0)
        let journal = try RevocationJournal(directory: directory.path)
        #expect(journal.entries.map(\.text) == ["first"])
        _ = try journal.append("second")
        #expect(try RevocationJournal(directory: directory.path).entries.map(\.text) == ["first", "second"])
    }
}

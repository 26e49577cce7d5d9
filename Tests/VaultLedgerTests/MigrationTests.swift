// SPDX-License-Identifier: Apache-2.0

import Migrations
import SystemPackage
import Testing
import VaultTestKit

@Suite struct MigrationTests {
    /// The folder beside the sources.
    private static var folder: FilePath {
        FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .appending("Migrations")
    }

    @Test("The list has every file of the folder, in the order of their numbers, with its text")
    func list() throws {
        let files = directoryEntries(Self.folder).filter { $0.hasSuffix(".sql") }.sorted()
        #expect(!files.isEmpty)
        #expect(Migration.all.map(\.name) == files)
        #expect(Migration.all.map(\.number) == Array(1...files.count))
        for migration in Migration.all {
            let number = String(repeating: "0", count: 4 - "\(migration.number)".count) + "\(migration.number)"
            #expect(migration.name == "ledger_\(number).sql")
            let file = try FileDescriptor.open(Self.folder.appending(migration.name), .readOnly)
            defer { try? file.close() }
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
            #expect(migration.sql == String(decoding: bytes[..<count], as: UTF8.self))
        }
    }
}

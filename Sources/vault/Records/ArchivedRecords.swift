// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import Records
import SystemPackage
import TerminalKit
import VaultInterface

/// The records of a file that `vault audit prune` or `vault audit export --format archive` wrote.
struct ArchivedRecords {
    private let path: String

    /// Verifies the file, as `vault audit verify --archive` does: of one that was changed nothing is shown.
    init(verifying path: String) throws {
        guard path != "-" else {
            throw Failure(.usage, "an archive is read twice, and standard input cannot be", next: "--archive FILE")
        }
        self.path = path
        try OfflineProgram.run(["audit", "verify", "--archive", path], catchingOutput: true) { _ in }
    }

    /// Reads all records that match, the oldest first.
    func read(_ filter: EntryFilter, each: (AuditInterface.Entry) throws -> Void) throws {
        let file = try failing { () throws(Errno) in try OwnedDescriptor.open(FilePath(path)) }
        var rest: [UInt8] = []
        var record: Int?
        while case let chunk = try failing({ () throws(Errno) in try file.readPrefix(1 << 20) }), !chunk.isEmpty {
            rest += chunk
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                try take(rest[start..<end], &record, filter, each)
                start = end + 1
            }
            rest.removeFirst(start)
        }
    }

    private func take(
        _ line: ArraySlice<UInt8>, _ record: inout Int?, _ filter: EntryFilter,
        _ each: (AuditInterface.Entry) throws -> Void
    ) throws {
        guard let number = record else {
            record = (try? JSONValue(parsing: Array(line)))?["from"]?.integer.flatMap { Int(exactly: $0) } ?? 0
            return
        }
        // In place of records whose texts were pruned before.
        if line.starts(with: #"{"tile":"#.utf8) {
            record = number + 256
            return
        }
        record = number + 1
        if !filter.isEmpty {
            guard line.withUnsafeBytes({ filter.matches(RecordFields($0)) }) else { return }
        }
        try each(.init(record: number, text: String(decoding: line, as: UTF8.self)))
    }

    private func failing<Value: ~Copyable>(_ body: () throws(Errno) -> Value) throws(Failure) -> Value {
        try Failure.system(path, next: "the path of an archive that 'vault audit prune' wrote", body)
    }
}

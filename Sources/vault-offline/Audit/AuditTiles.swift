// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import TransparencyLog

/// A log from standard input becomes a directory of tiles (C2SP tlog-tiles). Run by `vault audit export`.
struct AuditTiles: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tiles", abstract: "Write a log from standard input to a directory of tiles, and verify it.")

    @Argument(help: "The directory.")
    var directory: String

    func run() throws {
        let stream = try LogStream("-")
        var output = try TileDirectory(directory, of: stream.header)
        let verdict = try StreamVerification(stream, key: nil, from: nil).run(named: "what the broker exports") {
            item, hash in
            switch item {
            case .tile(_, let hashes): for hash in hashes { try output.append(hash, entry: nil) }
            case .record(_, let bytes): try output.append(hash, entry: bytes)
            }
        }
        if !verdict.findings.isEmpty { try verdict.report(.text) }
        try output.finish(checkpoint: stream.header.checkpoint)
        try StandardOutput.print("\(directory.escaped): \(verdict.records.count) records, and a checkpoint over them")
    }
}

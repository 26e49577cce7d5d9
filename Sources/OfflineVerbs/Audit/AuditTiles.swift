// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import TransparencyLog

/// A log from standard input becomes a directory of tiles (C2SP tlog-tiles). Run by `vault audit export`.
struct AuditTiles: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tiles", abstract: "Write a log from standard input to a directory of tiles, and verify it.")

    @Flag(help: "Write nothing; tell whether the directory has the beginning of the log that the first line says.")
    var begun = false

    @Argument(help: "The directory.")
    var directory: String

    func run() throws {
        let stream = try LogStream("-")
        if begun { return try StandardOutput.write(JSONOutput.text(beginning(of: stream.header), .jsonl)) }
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
        try StandardOutput.print("\(directory.escaped): \(stream.header.to) records, and a checkpoint over them")
    }

    /// The roots of the perfect subtrees of the beginning; none where it is not there, or is that of another log.
    private func beginning(of log: ArchiveHeader) -> JSONValue {
        guard log.to.isMultiple(of: UInt64(Tile.width)), let key = try? NoteKey(log.key),
            let note = try? SignedNote(parsing: log.checkpoint),
            let checkpoint = try? Checkpoint(verifying: note, origin: log.origin, keys: [key]),
            let tree = TileDirectory.beginning(of: directory, size: log.to)
        else { return [] }
        let proof = ConsistencyProof(oldSize: log.to, newSize: checkpoint.size, path: log.consistency)
        return proof.proves(tree.root, isPrefixOf: checkpoint.root) ? ArchiveHeader.value(tree.peaks) : []
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import TerminalKit
import TransparencyLog

/// Verifies a log that comes as lines: an archive, or what the broker exports.
struct StreamVerification {
    let stream: LogStream
    let key: TrustedKey
    let kept: KeptCheckpoint?

    /// - Parameter key: of `--key`.
    init(_ stream: LogStream, key: String?, from kept: String?) throws {
        self.stream = stream
        self.key = try TrustedKey(argument: key, claimed: stream.header.key)
        self.kept = try kept.map { [trusted = self.key] in try KeptCheckpoint($0, key: trusted.key) }
    }

    /// Reads the whole stream.
    /// - Parameter visit: gets everything that is in it, as far as its order is right, and of a record its hash too.
    func run(named log: String, visit: (LogStream.Item, TreeHash) throws -> Void = { _, _ in }) throws -> Verdict {
        let header = stream.header
        var verdict = Verdict(log: log, records: header.from..<header.to, key: key, kept: kept)
        var tree = PeakTree(size: header.from, peaks: header.before)
        var rootAtKept = kept?.checkpoint.size == header.from ? tree.root : nil
        var pruned = header.from
        let progress = Progress("verifying")
        func add(_ hash: TreeHash) {
            tree.append(hash)
            if tree.size == kept?.checkpoint.size { rootAtKept = tree.root }
        }
        func show(_ done: UInt64) { progress.show(done, of: header.to) }
        let disorder = try stream.read(progress: show) { item in
            var hash = TreeHash.empty
            switch item {
            case .tile(_, let hashes):
                hashes.forEach(add)
                pruned += UInt64(hashes.count)
            case .record(_, let bytes):
                hash = .leaf(bytes)
                add(hash)
            }
            try visit(item, hash)
        }
        progress.finish()
        if pruned > 0 {
            verdict.prunedBefore = pruned
            verdict.remarks.append("the texts of records 0 to \(pruned - 1) were pruned: of these only hashes")
        }
        if let disorder { verdict.findings.append(disorder) } else { verdict.root = tree.root }
        try compare(&verdict, rootAtKept)
        return verdict
    }

    /// With the checkpoint in the header, and with the one that was kept.
    private func compare(_ verdict: inout Verdict, _ rootAtKept: TreeHash?) throws {
        let header = stream.header
        let checkpoint = try checkpoint(&verdict)
        var rootAtKept = rootAtKept
        // The checkpoint of the archive is over more than it holds; one that was kept may be over just as much.
        if rootAtKept == nil, let checkpoint, checkpoint.size == kept?.checkpoint.size { rootAtKept = checkpoint.root }
        let keptFits = compareKept(&verdict, size: checkpoint?.size ?? header.to, rootAtKept)
        guard let checkpoint, let root = verdict.root else { return }
        let proof = ConsistencyProof(oldSize: header.to, newSize: checkpoint.size, path: header.consistency)
        if proof.proves(root, isPrefixOf: checkpoint.root) {
            verdict.checkpoint = Verdict.Signed(origin: checkpoint.origin, size: checkpoint.size)
        } else {
            // What was kept narrows it down.
            let first = keptFits ? max(header.from, kept?.checkpoint.size ?? 0) : header.from
            verdict.findings.append(
                Finding(
                    record: first,
                    message:
                        "one of the records \(first) to \(max(header.to, 1) - 1) was edited: they are not those that the "
                        + "checkpoint was signed over"))
        }
    }

    /// The one in the header; nil where it is not the log's.
    private func checkpoint(_ verdict: inout Verdict) throws -> Checkpoint? {
        let header = stream.header
        do throws(NoteError) {
            let checkpoint = try Checkpoint(
                verifying: SignedNote(parsing: header.checkpoint), origin: header.origin, keys: [key.key])
            if header.origin == key.key.name { return checkpoint }
            verdict.findings.append(
                Finding(
                    record: nil, message: "it is the log \(header.origin), and the key is that of \(key.key.name)",
                    isAboutKey: !key.isClaimed))
        } catch {
            verdict.findings.append(
                Finding(
                    record: nil, message: "the checkpoint does not verify: \(error.description)",
                    isAboutKey: !key.isClaimed && Self.wasSigned(by: header.key, header)))
        }
        return nil
    }

    /// Whether the checkpoint is as the log's own key signed it.
    private static func wasSigned(by key: String, _ header: ArchiveHeader) -> Bool {
        guard let key = try? NoteKey(key), let note = try? SignedNote(parsing: header.checkpoint) else { return false }
        return (try? Checkpoint(verifying: note, origin: header.origin, keys: [key])) != nil
    }

    /// - Parameter size: of the whole log, which an archive has a part of.
    /// - Returns: whether the records are those that the kept checkpoint was signed over.
    private func compareKept(_ verdict: inout Verdict, size: UInt64, _ rootAtKept: TreeHash?) -> Bool {
        guard let kept else { return false }
        let header = stream.header
        let isElsewhere = kept.checkpoint.size < header.from || kept.checkpoint.size > header.to
        if isElsewhere, rootAtKept == nil, kept.checkpoint.size <= size {
            let reason =
                "\(kept.path) is about \(kept.checkpoint.size) records, which do not end within these: "
                + "it was not compared"
            verdict.remarks.append(reason)
            verdict.notCompared = reason
            verdict.kept = nil
        } else if let finding = kept.finding(size: size, root: rootAtKept) {
            verdict.findings.append(finding)
        } else {
            return rootAtKept != nil
        }
        return false
    }
}

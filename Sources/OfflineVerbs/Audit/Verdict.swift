// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONText
import TerminalKit
import TransparencyLog

/// What a verification came to.
struct Verdict {
    /// Which log: a path, or that it came from the broker.
    var log: String
    var records: Range<UInt64>
    /// Over the bytes that are there; nil where some are missing.
    var root: TreeHash?
    /// What was signed of it.
    var checkpoint: Signed?
    var key: TrustedKey?
    var kept: KeptCheckpoint?
    /// Why what was kept could not be compared, where it could not.
    var notCompared: String?
    /// Of the records before this one only the hashes are there.
    var prunedBefore: UInt64 = 0
    /// Things worth knowing that make nothing untrue.
    var remarks: [String] = []
    var findings: [Finding] = []

    /// The newest checkpoint that fits, and how many do.
    struct Signed {
        var origin: String
        var size: UInt64
        var count = 1
    }

    enum Format: String {
        case text, json
    }

    /// Prints it.
    /// - Throws: `Failure` with status 5 where something is wrong.
    func report(_ format: Format) throws {
        let written = Result { try StandardOutput.print(format == .json ? json : text) }
        // What is wrong is told first, whether or not the verdict could be printed.
        guard let first = findings.first else {
            try written.get()
            guard let notCompared else { return }
            throw Failure(
                .unverified, "what is here is intact, but \(notCompared)",
                next: "a checkpoint or receipt that ends within it, or the log that has them all")
        }
        let others = findings.count > 1 ? ", and \(findings.count - 1) more" : ""
        let record = findings.compactMap(\.record).min()
        if findings.allSatisfy(\.isAboutKey) {
            throw Failure(
                .unverified, "it is not signed by the key that was given: \(first.message)\(others)",
                next: "--key, with the key of this log; if it is that, this is another log, or was signed anew")
        }
        throw Failure(
            .unverified, "the log is not what it was: \(first.message)\(others)",
            next: record.map { "a copy from before; nothing from record \($0) on can be trusted in this one" }
                ?? "a copy from before")
    }

    private var text: String {
        var lines = [("log", log)]
        let of = records.lowerBound == 0 ? "\(records.count)" : "\(records.lowerBound) to \(records.upperBound - 1)"
        lines.append(("records", findings.isEmpty ? "\(of), \(hashed)" : of))
        if let root { lines.append(("root", Data(root.bytes).base64EncodedString())) }
        if let checkpoint {
            let others = checkpoint.count > 1 ? ", and \(checkpoint.count - 1) before it" : ""
            lines.append(("checkpoint", "of \(checkpoint.size) records, signed as \(checkpoint.origin)\(others)"))
        }
        if let key {
            let doubt = key.isClaimed ? ", as the log itself says: compare it with one that was kept" : ""
            lines.append(("key", "\(key.key)\(doubt)"))
        }
        if let kept, findings.isEmpty {
            lines.append(("kept", "\(kept.path), of \(kept.checkpoint.size) records: this log continues it"))
        }
        lines += remarks.map { ("note", $0) }
        lines += findings.map { ("WRONG", $0.message) }
        if findings.isEmpty { lines.append(("verdict", "intact")) }
        return lines.map { name, words in
            let line = name.padding(toLength: 12, withPad: " ", startingAt: 0) + words.escaped
            let style: Style = name == "WRONG" ? .bad : name == "verdict" ? .good : .plain
            return style.applied(to: line, colours: Terminal.output.hasColours)
        }.joined(separator: "\n")
    }

    /// Which of the records were hashed again: those whose bytes are there.
    private var hashed: String {
        if prunedBefore <= records.lowerBound { return "all hashed again" }
        return prunedBefore < records.upperBound ? "those from \(prunedBefore) on hashed again" : "none hashed again"
    }

    private var json: String {
        var object: JSONObject = [
            "intact": .bool(findings.isEmpty), "log": .string(log),
            "from": .integer(Int64(clamping: records.lowerBound)),
            "to": .integer(Int64(clamping: records.upperBound)),
        ]
        object["root"] = root.map { .string(Data($0.bytes).base64EncodedString()) }
        object["checkpoint"] = checkpoint.map {
            [
                "origin": .string($0.origin), "size": .integer(Int64(clamping: $0.size)),
                "count": .integer(Int64($0.count)),
            ]
        }
        object["key"] = key.map { .string($0.key.description) }
        object["keyIsClaimed"] = key.map { .bool($0.isClaimed) }
        object["kept"] = kept.map { ["path": .string($0.path), "size": .integer(Int64(clamping: $0.checkpoint.size))] }
        object["remarks"] = .array(remarks.map { .string($0) })
        object["damage"] = .array(
            findings.map { finding in
                var damage: JSONObject = ["message": .string(finding.message)]
                damage["record"] = finding.record.map { .integer(Int64(clamping: $0)) }
                return .object(damage)
            })
        return String(decoding: object.jsonBytes(.indented), as: UTF8.self)
    }
}

/// One thing that is wrong with a log.
struct Finding: Equatable {
    /// The first record that cannot be trusted; nil where it is about none in particular.
    var record: UInt64?
    var message: String
    /// Whether it says no more than that another key signed.
    var isAboutKey = false
}

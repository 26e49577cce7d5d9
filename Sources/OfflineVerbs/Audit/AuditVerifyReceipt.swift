// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import JSONText
import TerminalKit
import TransparencyLog

/// `vault audit verify-receipt`: whether a record is in a log.
struct AuditVerifyReceipt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-receipt", abstract: "Verify a receipt, and show the record that it proves.")

    @OptionGroup var check: CheckOptions

    @Option(help: "The key that the broker names, where none was given.")
    var claimedKey: String?

    @Option(help: "The record's bytes, where the receipt does not carry them.")
    var record: String?

    @Argument(help: "The receipt.")
    var file: String

    func run() throws {
        let trusted = try TrustedKey(argument: check.key, claimed: claimedKey ?? "")
        let text = String(decoding: try InputFile.bytes(file, as: "a receipt"), as: UTF8.self)
        let given = try record.map { try Self.line($0) }
        let (proof, leaf, checkpoint) = try verify(text, given, trusted.key)
        switch check.output {
        case .text: try StandardOutput.print(Self.text(proof, leaf, checkpoint, trusted))
        case .json:
            let object: JSONObject = [
                "record": .integer(Int64(clamping: proof.index)),
                "text": .string(String(decoding: leaf, as: UTF8.self)),
                "checkpoint": [
                    "origin": .string(checkpoint.origin), "size": .integer(Int64(clamping: checkpoint.size)),
                ],
                "key": .string(trusted.key.description), "keyIsClaimed": .bool(trusted.isClaimed),
            ]
            try StandardOutput.print(String(decoding: object.jsonBytes(.indented), as: UTF8.self))
        }
    }

    private func verify(
        _ text: String, _ given: [UInt8]?, _ key: NoteKey
    ) throws -> (proof: LogProof, leaf: [UInt8], checkpoint: Checkpoint) {
        do {
            let proof = try LogProof(parsing: text)
            guard let leaf = given ?? proof.extra else {
                throw Failure(
                    .usage, "\(file): it does not carry the record, whose text was pruned when it was made",
                    next: "--record FILE, with the record's line of the archive")
            }
            return (proof, leaf, try proof.verify(leaf: leaf, origin: key.name, keys: [key]))
        } catch let error as NoteError {
            throw Failure(
                .unverified, "\(file): this proves nothing: \(error.description)",
                next: "the receipt as it was made, and with --key the key of the log that made it")
        }
    }

    /// The first line of a file, without its line feed: a record has none.
    private static func line(_ path: String) throws -> [UInt8] {
        Array(try InputFile.bytes(path, as: "a record").prefix { $0 != 0x0A })
    }

    private static func text(
        _ proof: LogProof, _ leaf: [UInt8], _ checkpoint: Checkpoint, _ key: TrustedKey
    ) -> String {
        let doubt = key.isClaimed ? ", as the broker says: compare it with one that was kept" : ""
        return """
            record      \(proof.index)
            checkpoint  of \(checkpoint.size) records, signed as \(checkpoint.origin.escaped)
            key         \(key.key.description.escaped)\(doubt)
            verdict     the log has this record:

            \(JSONOutput.shown(leaf, isTerminal: true))
            """
    }
}

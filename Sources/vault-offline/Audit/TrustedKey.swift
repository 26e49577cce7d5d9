// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import TerminalKit
import TransparencyLog

/// The key that a log is checked with.
struct TrustedKey {
    let key: NoteKey
    /// Whether only the log itself, or the broker, says that it is the log's.
    let isClaimed: Bool

    init(key: NoteKey, isClaimed: Bool) {
        (self.key, self.isClaimed) = (key, isClaimed)
    }

    /// - Parameters:
    ///   - argument: of `--key`: a verifier key, or the path of a file that holds one.
    ///   - claimed: what the log says, where no key was given.
    init(argument: String?, claimed: String) throws {
        isClaimed = argument == nil
        let text = try argument.map(Self.text) ?? claimed
        do {
            key = try NoteKey(text)
        } catch {
            let source = argument == nil ? "the key that the log names" : "--key \(argument ?? "")"
            throw Failure(
                argument == nil ? .unverified : .usage, "\(source): \(error.description)",
                next: "--key, with what 'vault audit key' printed, or a file that holds it")
        }
    }

    private static func text(_ argument: String) throws -> String {
        if argument.split(separator: "+", omittingEmptySubsequences: false).count >= 3 { return argument }
        let text = String(decoding: try InputFile.bytes(argument, as: "the log's key"), as: UTF8.self)
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }
}

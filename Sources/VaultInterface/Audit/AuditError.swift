// SPDX-License-Identifier: Apache-2.0

import JSONText
import Varlink

/// The errors of `io.vaultd.Audit`. Those of `io.vaultd.Broker` serve it too.
package enum AuditError: Error, Equatable, Sendable {
    /// A query cannot go on where it was to.
    case cursorLost(cursor: String, message: String)
    /// Only the hash of the record is there; `before` is the first record with a text.
    case pruned(record: Int, before: Int)
    /// A note is no checkpoint of this log, or has no signature to keep.
    case noteRefused(message: String)

    private static let prefix = "io.vaultd.Audit."

    /// As it crosses the wire.
    package var varlinkError: VarlinkError {
        switch self {
        case .cursorLost(let cursor, let message):
            VarlinkError(
                name: Self.prefix + "CursorLost",
                parameters: ["cursor": .string(cursor), "message": .string(message)])
        case .pruned(let record, let before):
            VarlinkError(
                name: Self.prefix + "Pruned",
                parameters: ["record": .integer(Int64(record)), "before": .integer(Int64(before))])
        case .noteRefused(let message):
            VarlinkError(name: Self.prefix + "NoteRefused", parameters: ["message": .string(message)])
        }
    }

    /// Reads an error back; `nil` for one that is not of this interface, or lacks what its declaration demands.
    package init?(_ error: VarlinkError) {
        guard error.name.hasPrefix(Self.prefix) else { return nil }
        let parameters = error.parameters
        switch error.name.dropFirst(Self.prefix.count) {
        case "CursorLost":
            guard let cursor = parameters["cursor"]?.string, let message = parameters["message"]?.string else {
                return nil
            }
            self = .cursorLost(cursor: cursor, message: message)
        case "Pruned":
            guard let record = parameters["record"]?.integer, let before = parameters["before"]?.integer else {
                return nil
            }
            self = .pruned(record: Int(record), before: Int(before))
        case "NoteRefused":
            guard let message = parameters["message"]?.string else { return nil }
            self = .noteRefused(message: message)
        default:
            return nil
        }
    }
}

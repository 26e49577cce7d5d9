// SPDX-License-Identifier: Apache-2.0

internal import VaultModel

/// Why the ledger cannot be the log that its checkpoints were signed over. Each kind has words of its own.
///
/// With one, nothing is granted and no record is added, so that the database can be looked at and put back. Opening it
/// came before: that moved its write-ahead log into it and brought its schema up to date.
package enum LogFinding: Sendable, Hashable, CustomStringConvertible {
    /// The database has fewer records than were signed; up to its end it may well be the log.
    case rolledBack(size: UInt64, signed: UInt64)
    /// The database was signed under an earlier origin, and this state directory has gone on to a later one.
    case earlierOrigin(found: String, signed: String)
    /// The records up to `fits` are those that were signed, and those after them are not.
    case altered(fits: UInt64, signed: UInt64)
    /// No checkpoint fits this database.
    case replaced(size: UInt64, signed: UInt64)
    /// The database is new, and there are checkpoints of an older one.
    case newDatabase(signed: UInt64)
    /// The database has no records, and these files are those of a log that had some.
    case lost(traces: [String])
    /// The database is that of another log.
    case otherLog(found: String, signed: String)
    /// The newest checkpoint is not by the log's key, or was changed.
    case badSignature(signed: UInt64)
    /// The key is another one than the log was signed with.
    case otherKey(expected: String)
    case keyMissing(expected: String)
    /// The stored policy is not the one that the records tell of.
    case policyAltered(revision: Int)

    /// The revision of the policy that is not as it was recorded, where that is what was found.
    package var alteredRevision: Int? { if case .policyAltered(let revision) = self { revision } else { nil } }

    package var description: String {
        switch self {
        case .rolledBack(let size, let signed):
            "the log was cut or rolled back: the database has \(size) records, and a checkpoint was signed over \(signed)"
        case .earlierOrigin(let found, let signed):
            "the log was rolled back: the database is from the time of \(found), and checkpoints were signed as \(signed)"
        case .altered(let fits, let signed):
            "the log was altered: the records from \(fits) to \(signed.saturatingSubtracting(1)) are not those that were signed"
        case .replaced(let size, let signed):
            "the log was replaced: no checkpoint, the newest over \(signed) records, fits the \(size) of the database"
        case .newDatabase(let signed):
            "the log was deleted: the database is new, and a checkpoint was signed over \(signed) records"
        case .lost(let traces):
            "the log was lost: the database has no records, and the files of a log that had some are there"
                + " (\(traces.joined(separator: ", ")))"
        case .otherLog(let found, let signed):
            "the log was replaced: the database is that of \(found), and the checkpoints are those of \(signed)"
        case .badSignature(let signed):
            "the checkpoint over \(signed) records in the file of checkpoints has a bad signature: it was changed"
        case .otherKey(let expected): "the signing key is not the log's own, which is \(expected)"
        case .keyMissing(let expected): "the signing key is missing; the log was signed with \(expected)"
        case .policyAltered(let revision):
            "the stored policy was altered: it is not revision \(revision) as the log's records tell of it"
        }
    }

    /// How to go on.
    package var remedy: String {
        switch self {
        case .otherKey, .keyMissing:
            "put the key back and start vaultd again; `vaultd --accept-rollback` goes on under a new name and key"
        case .badSignature:
            "compare the file with a kept copy; `vaultd --accept-rollback` goes on under a new name"
        case .policyAltered:
            "put the right database back and start vaultd again; `vaultd --accept-rollback` goes on with all rules"
                + " suspended but the owner's own, until the policy is applied again or rules are resumed"
        default:
            "put the right database back and start vaultd again; `vaultd --accept-rollback` goes on with this one"
                + " under a new name"
        }
    }
}

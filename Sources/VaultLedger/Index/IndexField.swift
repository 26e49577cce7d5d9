// SPDX-License-Identifier: Apache-2.0

/// A column of the query index: one value for each record, one table for each column.
enum IndexField: Int, CaseIterable, Sendable {
    case time
    case type
    case decision
    case uid
    case user
    case loginuid
    case pid
    case exe
    case unit
    case capability
    case charged
    /// All rules of the record, as one term: their ids with a line feed between them.
    case rules
    /// A hash of the request's id; records with the same one are looked at.
    case request
    /// The grant that a later record is about.
    case grant

    var table: String { "column_\(self)" }

    /// How many bytes a value has.
    var width: Int {
        switch self {
        case .decision: 1
        case .time, .grant: 8
        default: 4
        }
    }

    /// Whether the values are ids of texts in the table of terms.
    var isTerm: Bool {
        switch self {
        case .type, .user, .exe, .unit, .capability, .charged, .rules: true
        default: false
        }
    }

    /// The value of a record that does not have the field. Terms count from 1, ids and times never get so far.
    static let absent = UInt64(UInt32.max)
    static let absentTerm: UInt64 = 0

    /// The value of a decision in its column.
    static func decision(_ text: String?) -> UInt64 {
        switch text {
        case "permit": 1
        case "deny": 2
        default: 0
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import GRDB
import Records

/// Columns whose values somebody else may have written. GRDB's own subscripts end the process where a value is of
/// another type than was asked for, or of a number too large for it: a file that was tampered with is a finding instead.
extension Row {
    /// The value of a column.
    /// - Throws: ``LedgerError/Kind/damaged`` with the column's name.
    func stored<Value: DatabaseValueConvertible>(_ index: Int, as type: Value.Type = Value.self) throws -> Value {
        guard let value: Value = try storedIfAny(index) else { throw damaged(index) }
        return value
    }

    /// The value of a column that may hold none.
    func storedIfAny<Value: DatabaseValueConvertible>(
        _ index: Int, as type: Value.Type = Value.self
    ) throws -> Value? {
        guard index < count else { throw damaged(index) }
        let value: DatabaseValue = self[index]
        if value.isNull { return nil }
        guard let converted = Value.fromDatabaseValue(value) else { throw damaged(index) }
        return converted
    }

    /// The number of a record, or of records. A negative one, which the log never writes, is taken for the first.
    func storedIndex(_ index: Int) throws -> UInt64 { UInt64(clamping: try stored(index, as: Int64.self)) }

    private func damaged(_ index: Int) -> LedgerError {
        let name = index < count ? Array(columnNames)[index] : "\(index)"
        let value: DatabaseValue = index < count ? self[index] : .null
        let found =
            switch value.storage {
            case .null: "nothing"
            case .int64(let number): "the number \(number)"
            case .double(let number): "the number \(number)"
            case .string: "a text"
            case .blob: "bytes"
            }
        return .damaged(
            "the database has \(found) in the column \(name), which cannot be there", remedy: LedgerError.verifyFile)
    }
}

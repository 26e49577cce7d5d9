// SPDX-License-Identifier: Apache-2.0

import Records

/// Gathers the values of one row of every column.
struct SegmentBuilder {
    private var columns: [[UInt64]]
    /// The grants that are called missing.
    private var missing: [UInt64] = []
    private(set) var count = 0

    init() {
        columns = IndexField.allCases.map { _ in
            var column: [UInt64] = []
            column.reserveCapacity(Int(IndexSchema.segmentSize))
            return column
        }
    }

    /// Adds the next record. `term` gives the number of a text.
    mutating func add(_ fields: RecordFields, term: (IndexField, String) throws -> UInt64) throws {
        for field in IndexField.allCases {
            columns[field.rawValue].append(try Self.value(of: field, in: fields, term: term))
        }
        missing += fields.missing
        count += 1
    }

    private static func value(
        of field: IndexField, in fields: RecordFields, term: (IndexField, String) throws -> UInt64
    ) throws -> UInt64 {
        func number(_ value: UInt32?) -> UInt64 { value.map { UInt64($0) } ?? IndexField.absent }
        func text(_ value: String?) throws -> UInt64 {
            try value.map { try term(field, $0) } ?? IndexField.absentTerm
        }
        switch field {
        case .time: return UInt64(bitPattern: fields.timeUSec)
        case .type: return try text(fields.type)
        case .decision: return IndexField.decision(fields.decision)
        case .uid: return number(fields.uid)
        case .user: return try text(fields.user)
        case .loginuid: return number(fields.loginuid)
        case .pid: return number(fields.pid.map { UInt32(bitPattern: $0) })
        case .exe: return try text(fields.exe)
        case .unit: return try text(fields.unit)
        case .capability: return try text(fields.capability)
        case .charged: return try text(fields.charged)
        case .rules: return try text(fields.rules.isEmpty ? nil : fields.rules.joined(separator: "\n"))
        case .request: return fields.request.map(RequestHash.value) ?? IndexField.absent
        case .grant: return fields.grant ?? .max
        }
    }

    /// The bytes of a row: little-endian values, or a single one where all are equal.
    func data(of field: IndexField) -> [UInt8] {
        let column = columns[field.rawValue]
        guard let first = column.first else { return [] }
        let values = column.allSatisfy { $0 == first } ? [first] : column
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * field.width)
        for value in values {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0.prefix(field.width)) }
        }
        return bytes
    }

    /// The bytes of the row of grants that are called missing.
    var missingData: [UInt8] { missing.flatMap { grant in withUnsafeBytes(of: grant.littleEndian) { Array($0) } } }

    /// The least and the greatest time.
    var span: ClosedRange<Int64> {
        let times = columns[IndexField.time.rawValue].map { Int64(bitPattern: $0) }
        return (times.min() ?? 0)...(times.max() ?? 0)
    }
}

/// A short hash by which records of one request are found: FNV-1a, 32 bits.
enum RequestHash {
    static func value(of request: String) -> UInt64 {
        var hash: UInt32 = 0x811c_9dc5
        for byte in request.utf8 {
            hash = (hash ^ UInt32(byte)) &* 0x0100_0193
        }
        // The largest value stands for no request.
        return UInt64(hash == .max ? 0 : hash)
    }
}

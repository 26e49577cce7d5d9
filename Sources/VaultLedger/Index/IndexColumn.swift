// SPDX-License-Identifier: Apache-2.0

/// One row of one column: the values of so many records, lying in SQLite's own memory.
struct IndexColumn {
    private let bytes: UnsafeRawBufferPointer
    private let width: Int
    /// Set where all values are equal and one is stored for them.
    let constant: UInt64?

    /// Nil where the bytes are no row of this column.
    init?(_ bytes: UnsafeRawBufferPointer, of field: IndexField) {
        self.bytes = bytes
        width = field.width
        if bytes.count == width {
            constant = Self.load(bytes, 0, width)
        } else {
            guard bytes.count == width * Int(IndexSchema.segmentSize) else { return nil }
            constant = nil
        }
    }

    subscript(position: Int) -> UInt64 { constant ?? Self.load(bytes, position, width) }

    /// Calls `body` with each of the positions and its value.
    @inline(__always)
    func visit(_ positions: IndexPositions, _ body: (Int, UInt64) -> Void) {
        if let constant {
            positions.visit { body($0, constant) }
        } else {
            // One loop for each width, without a test of it for every value.
            switch width {
            case 1: positions.visit { body($0, UInt64(bytes[$0])) }
            case 4: positions.visit { body($0, Self.load(bytes, $0, 4)) }
            default: positions.visit { body($0, Self.load(bytes, $0, 8)) }
            }
        }
    }

    @inline(__always)
    private static func load(_ bytes: UnsafeRawBufferPointer, _ position: Int, _ width: Int) -> UInt64 {
        switch width {
        case 1: UInt64(bytes[position])
        case 4: UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position * 4, as: UInt32.self)))
        default: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position * 8, as: UInt64.self))
        }
    }
}

/// Which records of a segment are still in question: a range of them, or a list.
enum IndexPositions {
    case range(Range<Int>)
    case list([Int])

    var isEmpty: Bool {
        switch self {
        case .range(let range): range.isEmpty
        case .list(let list): list.isEmpty
        }
    }

    @inline(__always)
    func visit(_ body: (Int) -> Void) {
        switch self {
        case .range(let range): for position in range { body(position) }
        case .list(let list): for position in list { body(position) }
        }
    }

    /// In ascending order.
    var all: [Int] {
        switch self {
        case .range(let range): Array(range)
        case .list(let list): list
        }
    }
}

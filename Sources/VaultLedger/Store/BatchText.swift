// SPDX-License-Identifier: Apache-2.0

internal import TransparencyLog

/// The texts of one row of `log_batch`, in a buffer that is used again and again.
struct BatchText {
    /// The most bytes of a row; a single text may have less than that.
    private static let limit = 64 << 10
    /// Rows up to about this size share a page. One of ``pageful`` or more has pages of its own, and only its end shares
    /// one. What lies between them would leave up to half of a page empty.
    private static let share = 2000
    private static let pageful = 12 << 10

    private var bytes: [UInt8] = []

    /// How many of the leaves from `start` on the next row gets.
    ///
    /// - Parameter index: the record that it begins with. No row has records of two tiles.
    static func count(of leaves: [[UInt8]], from start: Int, at index: UInt64) -> Int {
        let end = min(leaves.count, start + Tile.width - Int(index % UInt64(Tile.width)))
        let most = count(of: leaves[start..<end], atMost: limit)
        return most.bytes < pageful ? count(of: leaves[start..<end], atMost: share).count : most.count
    }

    /// As many as so many bytes have room for, and at least one.
    private static func count(of leaves: ArraySlice<[UInt8]>, atMost limit: Int) -> (count: Int, bytes: Int) {
        var count = 0
        var bytes = 0
        for leaf in leaves {
            guard count == 0 || bytes + leaf.count < limit else { break }
            bytes += leaf.count + 1
            count += 1
        }
        return (count, bytes)
    }

    /// Calls `body` with the texts of a row. They stay where they are until it returns.
    mutating func with(
        _ leaves: ArraySlice<[UInt8]>, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        if leaves.count == 1, let leaf = leaves.first { return try leaf.withUnsafeBytes(body) }
        bytes.removeAll(keepingCapacity: true)
        for leaf in leaves {
            if !bytes.isEmpty { bytes.append(StoredBatch.separator) }
            bytes.append(contentsOf: leaf)
        }
        try bytes.withUnsafeBytes(body)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What stands at the beginning of every record.
package enum LeafPrefix {
    /// The index that a record says it has; nil for a text of another form.
    package static func index(of leaf: UnsafeRawBufferPointer) -> UInt64? { read(leaf)?.index }

    private static let text: StaticString = #"{"v":1,"index":"#

    /// The index, and where it ends.
    package static func read(_ leaf: UnsafeRawBufferPointer) -> (index: UInt64, end: Int)? {
        guard begins(leaf, with: text) else { return nil }
        var value: UInt64 = 0
        var end = text.utf8CodeUnitCount
        let limit = min(leaf.count, end + 18)
        while end < limit, leaf[end] &- 0x30 < 10 {
            value = value * 10 + UInt64(leaf[end] - 0x30)
            end += 1
        }
        return (value, end)
    }

    private static let key: StaticString = #","type":""#

    /// The word of the type, and what follows on it; nil where none is there.
    /// - Parameter end: of the index.
    package static func type(of leaf: UnsafeRawBufferPointer, after end: Int) -> UnsafeRawBufferPointer? {
        let start = end + key.utf8CodeUnitCount
        return start < leaf.count ? UnsafeRawBufferPointer(rebasing: leaf[start...]) : nil
    }

    private static func begins(_ leaf: UnsafeRawBufferPointer, with prefix: StaticString) -> Bool {
        leaf.count > prefix.utf8CodeUnitCount
            && leaf.baseAddress.map { memcmp($0, prefix.utf8Start, prefix.utf8CodeUnitCount) == 0 } ?? false
    }
}

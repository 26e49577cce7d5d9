// SPDX-License-Identifier: Apache-2.0

/// One record of the log: its index and its exact bytes.
package struct Entry: Sendable, Hashable {
    package var index: UInt64
    package var text: [UInt8]

    package init(index: UInt64, text: [UInt8]) {
        self.index = index
        self.text = text
    }
}

/// A page of entries, and where the next one begins.
package struct EntryPage: Sendable, Equatable {
    package var entries: [Entry]
    /// Where to go on in the same direction; nil when the end of the log (in reverse: its beginning) was reached.
    package var next: UInt64?
    /// The size of the log that the page was taken from.
    package var size: UInt64

    package init(entries: [Entry], next: UInt64?, size: UInt64) {
        self.entries = entries
        self.next = next
        self.size = size
    }
}

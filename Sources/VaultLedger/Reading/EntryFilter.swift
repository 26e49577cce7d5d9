// SPDX-License-Identifier: Apache-2.0

/// Which entries of the log are wanted. Parts are ANDed, a list within one is ORed, an empty list asks for nothing.
package struct EntryFilter: Sendable, Equatable {
    /// Inclusive, `CLOCK_REALTIME` in microseconds.
    package var sinceUSec: Int64?
    /// Exclusive.
    package var untilUSec: Int64?
    package var uid: [UInt32] = []
    package var loginuid: [UInt32] = []
    package var pid: [Int32] = []
    package var exe: [String] = []
    package var unit: [String] = []
    /// Patterns of names: `*` stands for one segment or a part of one, `**` for any number of them.
    package var capability: [String] = []
    package var rule: [String] = []
    package var type: [String] = []
    package var decision: String?
    package var request: String?

    package init() {}

    package var isEmpty: Bool { self == EntryFilter() }
}

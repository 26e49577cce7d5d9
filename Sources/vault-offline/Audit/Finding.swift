// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong with a log.
struct Finding: Equatable {
    /// The first record that cannot be trusted; nil where it is about none in particular.
    var record: UInt64?
    var message: String

    init(record: UInt64?, _ message: String) {
        self.record = record
        self.message = message
    }
}

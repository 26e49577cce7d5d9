// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong with a log.
struct Finding: Equatable {
    /// The first record that cannot be trusted; nil where it is about none in particular.
    var record: UInt64?
    var message: String
    /// Whether it says no more than that another key signed.
    var isAboutKey: Bool

    init(record: UInt64?, _ message: String, isAboutKey: Bool = false) {
        self.record = record
        self.message = message
        self.isAboutKey = isAboutKey
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing

/// A text and the name under which the public JSONTestSuite asks about it.
struct SuiteCase: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]

    init(_ name: String, _ text: String) {
        self.name = name
        bytes = [UInt8](text.utf8)
    }

    /// `text` with every `~` replaced by bytes that no Swift string can hold.
    init(_ name: String, _ text: String, _ inserted: UInt8...) {
        self.name = name
        bytes = text.utf8.flatMap { $0 == UInt8(ascii: "~") ? inserted : [$0] }
    }

    var testDescription: String { name }
}

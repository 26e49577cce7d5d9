// SPDX-License-Identifier: Apache-2.0

/// Why one rule did not match, as a record's `failed` lists it.
package struct RecordFinding: Sendable, Hashable {
    package var rule: String
    package var selector: String
    package var wanted: String
    package var got: String

    package init(rule: String, selector: String, wanted: String, got: String) {
        self.rule = rule
        self.selector = selector
        self.wanted = wanted
        self.got = got
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Why a rule about the name did not permit: one selector or condition, what it wanted and what was there. Kept in the
/// record of a decision.
package struct SelectorFailure: Sendable, Equatable {
    package var rule: String
    /// The key in a policy file, such as `unit` or `not-after`.
    package var selector: String
    package var wanted: String
    /// What was found; nil when it is not known.
    package var got: String?

    package init(rule: String, selector: String, wanted: String, got: String?) {
        self.rule = rule
        self.selector = selector
        self.wanted = wanted
        self.got = got
    }
}

// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// One selector or condition of a rule, held against a request.
package struct Finding: Sendable, Equatable {
    package var rule: String
    /// The key in a policy file, such as `unit`, `capability` or `not-after`.
    package var selector: String
    package var wanted: String
    /// What was found; nil when it is not known.
    package var got: String?
    /// nil: it cannot be told, which makes a permit not match, and a forbid match.
    package var matched: Bool?

    package init(rule: String, selector: String, wanted: String, got: String?, matched: Bool?) {
        self.rule = rule
        self.selector = selector
        self.wanted = wanted
        self.got = got
        self.matched = matched
    }
}

// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Who can have what, by one rule.
package struct Answer: Sendable, Equatable {
    /// Whom the answer is about: of the callers that the rule names one, if it names any.
    package var to: SelectorSet
    package var actions: ActionSet
    /// A name, or the pattern of the rule where no capability is known that it matches; nil: the broker itself.
    package var name: String?
    /// What can be had for sure when the conditions hold; empty for actions that are not about rights.
    package var rights: Rights
    package var rule: String
    /// What must hold besides, in words: `unit is nginx.service`, `not after …`, `unless the rule … forbids it: …`.
    package var conditions: [String]
}

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

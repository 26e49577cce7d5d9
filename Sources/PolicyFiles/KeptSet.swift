// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// What is kept of files that are read: in memory of its own, and once, also where it was read before.
///
/// Of a file in which one rule is changed every other one is read anew, and is what it was. Then the one that is known is taken, so
/// that the policy in force and what is known of its texts do not have two of each.
final class KeptSet {
    private let former: PolicySet
    private var texts = KeptTexts()
    /// Places in `former`, made when a file has to be read.
    private lazy var rules = Dictionary(former.rules.enumerated().map { ($1.id, $0) }) { $1 }
    private lazy var capabilities = Dictionary(former.capabilities.enumerated().map { ($1.name, $0) }) { $1 }

    /// - Parameter former: what the files said when they were read last.
    init(_ former: PolicySet?) { self.former = former ?? PolicySet() }

    /// To be called while the document is still there of which it was read.
    func keep(_ set: PolicySet) -> PolicySet {
        var kept = set
        for place in kept.rules.indices {
            let rule = kept.rules[place]
            if let known = rules[rule.id], former.rules[known] == rule {
                kept.rules[place] = former.rules[known]
            } else {
                kept.rules[place] = rule.kept(&texts)
            }
        }
        for place in kept.capabilities.indices {
            let capability = kept.capabilities[place]
            if let known = capabilities[capability.name], former.capabilities[known] == capability {
                kept.capabilities[place] = former.capabilities[known]
            } else {
                kept.capabilities[place] = capability.kept(&texts)
            }
        }
        return kept
    }
}

// SPDX-License-Identifier: Apache-2.0

import VaultInterface
import VaultModel

/// What one policy has that another has not, rule by rule and capability by capability.
enum PolicyDifference {
    static func between(_ old: PolicyInForce, _ new: PolicyInForce) -> [AdminInterface.Change] {
        compare(
            "capability", old.capabilities.map { ($0.name.text, $0.document) },
            new.capabilities.map { ($0.name.text, $0.document) })
            + compare(
                "rule", old.compiled.rules.map { ($0.id, $0.document) }, new.compiled.rules.map { ($0.id, $0.document) }
            )
    }

    private static func compare(
        _ what: String, _ old: [(String, String)], _ new: [(String, String)]
    ) -> [AdminInterface.Change] {
        let before = Dictionary(old) { $1 }
        let after = Dictionary(new) { $1 }
        return Set(before.keys).union(after.keys).sorted().compactMap { key in
            switch (before[key], after[key]) {
            case (let old?, let new?):
                old == new ? nil : AdminInterface.Change(kind: "\(what).change", before: old, after: new)
            case (let old?, nil): AdminInterface.Change(kind: "\(what).remove", before: old, after: nil)
            case (nil, let new): AdminInterface.Change(kind: "\(what).add", before: nil, after: new)
            }
        }
    }
}

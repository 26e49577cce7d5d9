// SPDX-License-Identifier: Apache-2.0

/// What a rule permits or forbids.
package enum Action: String, CaseIterable, Sendable {
    case open, deposit, remove, list, watch, renew, audit, admin

    /// Whether the action is about a named capability; `audit` and `admin` are about the broker.
    package var takesCapability: Bool { self != .audit && self != .admin }
}

/// A set of actions.
package struct ActionSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package init(_ action: Action) {
        rawValue =
            switch action {
            case .open: 1
            case .deposit: 2
            case .remove: 4
            case .list: 8
            case .watch: 16
            case .audit: 32
            case .admin: 64
            case .renew: 128
            }
    }

    package init(_ actions: some Sequence<Action>) {
        self = actions.reduce(into: []) { $0.formUnion(ActionSet($1)) }
    }

    package static let all = ActionSet(Action.allCases)

    package func contains(_ action: Action) -> Bool { contains(ActionSet(action)) }

    /// In the order of `Action`.
    package var actions: [Action] { Action.allCases.filter(contains) }

    package var words: [String] { actions.map(\.rawValue) }

    /// What a permit for these permits: who may open, deposit, remove or renew a name may see it.
    package var permitted: ActionSet {
        isDisjoint(with: ActionSet([.open, .deposit, .remove, .renew])) ? self : union(ActionSet(.list))
    }
}

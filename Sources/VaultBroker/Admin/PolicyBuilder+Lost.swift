// SPDX-License-Identifier: Apache-2.0

import PolicyFiles
import Records
import VaultLedger
import VaultModel

/// What a policy rests on outside of its texts and is not there any more.
extension PolicyBuilder {
    /// A warning for each rule and capability that goes on with an id whose name is gone, and for each rule about whose
    /// hours nothing is known since their time zone is gone.
    static func warnings(
        _ lists: [[Rule]], _ capabilities: [Capability], _ names: RememberingNames
    ) -> [PolicyProblem] {
        var warnings: [PolicyProblem] = []
        let areAllThere = names.areAllThere
        for list in lists {
            for index in list.indices where !areAllThere || !list[index].conditions.hours.isEmpty {
                warnings += Self.warnings(list[index], names)
            }
        }
        guard !areAllThere else { return warnings }
        for capability in capabilities {
            guard let maker = capability.source.maker else { continue }
            let subject = "the capability '\(capability.name)'"
            warnings += lost(.user, [maker.user], subject, capability.place, names)
            warnings += lost(.group, maker.group.map { [$0] } ?? [], subject, capability.place, names)
        }
        return warnings
    }

    private static func warnings(_ rule: Rule, _ names: RememberingNames) -> [PolicyProblem] {
        let isOfFile = if case .file = rule.origin { true } else { false }
        let place = isOfFile ? rule.place : nil
        let subject = "the rule '\(rule.id)'"
        var warnings = lost(.user, rule.to.users + rule.to.loginuids, subject, place, names)
        warnings += lost(.group, rule.to.groups, subject, place, names)
        for hours in rule.conditions.hours where hours.zone.offsets == nil {
            warnings.append(
                warning(
                    "there is no time zone '\(hours.zone.name)' any more: nothing is known about the hours of \(subject)",
                    "put the tz database back, or write another zone", place))
        }
        return warnings
    }

    private static func lost(
        _ kind: ResolvedName.Kind, _ ids: [NamedID], _ subject: String, _ place: Place?, _ names: RememberingNames
    ) -> [PolicyProblem] {
        let (what, number) = kind == .user ? ("user", "uid") : ("group", "gid")
        return ids.compactMap { id in
            guard let name = id.name, names.isLost(kind, name) else { return nil }
            return warning(
                "there is no \(what) '\(name)' any more: \(subject) goes on with \(number) \(id.id), whoever has it now",
                "make the \(what) again with that id, or take the name out of \(subject)", place)
        }
    }

    private static func warning(_ message: String, _ remedy: String, _ place: Place?) -> PolicyProblem {
        PolicyProblem(
            severity: .warning, path: place?.path ?? "", line: place?.line ?? 0, column: place?.column ?? 0,
            message: message, remedy: remedy)
    }
}

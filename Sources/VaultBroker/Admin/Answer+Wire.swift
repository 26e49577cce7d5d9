// SPDX-License-Identifier: Apache-2.0

import VaultInterface
import VaultModel
import VaultPolicy

extension VaultPolicy.Answer {
    /// One answer for each principal that the rule names, since a subject on the wire is one.
    var onWire: [AdminInterface.Answer] {
        var subjects: [AdminInterface.Subject] = []
        for uid in to.users.map(\.id) + to.uids { subjects.append(.init(uid: Int(uid))) }
        for gid in to.groups.map(\.id) + to.gids { subjects.append(.init(gid: Int(gid))) }
        for label in to.labels { subjects.append(.init(label: label.text)) }
        if subjects.isEmpty { subjects = to.units.map { .init(unit: $0.text) } }
        if subjects.isEmpty { subjects = [.init()] }
        return subjects.map {
            .init(subject: $0, name: name ?? "", rights: rights.words, rule: rule, conditions: conditions)
        }
    }
}

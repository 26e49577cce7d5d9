// SPDX-License-Identifier: Apache-2.0

import VaultInterface
import VaultModel
import VaultPolicy

extension VaultPolicy.Answer {
    /// As a row of a reply.
    /// - Parameter asked: whom the question was about, if it was about somebody. Told where the rule names several and the
    ///   question did not say which of them; then the conditions do.
    func onWire(askedFor asked: AdminInterface.Subject? = nil) -> AdminInterface.Answer {
        let principal = to.principal.map(AdminInterface.Subject.init)
        return .init(
            subject: principal ?? (to.anyone ? nil : asked) ?? .init(), name: name ?? "", rights: rights.words,
            rule: rule, conditions: conditions)
    }
}

extension AdminInterface.Subject {
    fileprivate init(_ principal: Subject) {
        self.init(
            uid: principal.uid.map(Int.init), gid: principal.gid.map(Int.init), label: principal.label,
            unit: principal.unit)
    }
}

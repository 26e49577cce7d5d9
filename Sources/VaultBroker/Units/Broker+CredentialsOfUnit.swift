// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Varlink
import VaultCore
import VaultInterface
import VaultModel

/// What a unit would get if its service manager asked now.
extension Broker {
    func credentials(
        _ parameters: AdminInterface.Credentials.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Credentials.Reply {
        let unit = parameters.unit
        guard let names = configuration.credentialNames, let text = names.pattern(unit: unit),
            let pattern = try? NamePattern(text)
        else { throw .invalidParameter("unit") }
        let identity = Identity(Subject(asking: unit, owner: configuration.ownerUID), unsaid: .absent)
        var walk = NameWalk(pattern)
        var found: [AdminInterface.Credential] = []
        while !walk.isAtEnd, !session.isClosed {
            let piece = await inTurn(of: session, &walk) { walk in
                let moment = Moment.now()
                return walk.next(in: table) { _ in true }.compactMap {
                    credential($0, unit, names, identity, moment)
                }
            }
            found += piece ?? []
        }
        return .init(names: names.template, credentials: found)
    }

    private func credential(
        _ entry: CapabilityEntry, _ unit: String, _ names: CredentialNames, _ identity: Identity, _ moment: Moment
    ) -> AdminInterface.Credential? {
        let capability = entry.capability
        guard let credential = names.credential(of: capability.name.text, unit: unit) else { return nil }
        let decision = core.policy.decide(
            .open, capability.name, asked: .read, offered: capability.rights, identity, moment)
        let size = (entry.holding as? OpenHolding).flatMap { capability.kind == .memory ? $0.memorySize : nil }
        var problem = decision.isPermitted ? capability.hintOfContent : decision.why.explanation
        if problem == nil, let size, size > OpenRequest.largestContent {
            problem = "it is larger than a credential may be: \(OpenRequest.largestContent) bytes"
        }
        return .init(
            credential: credential, name: capability.name.text, kind: capability.kind.rawValue, size: size,
            permitted: problem == nil, rules: decision.rules, problem: problem ?? entry.problem?.text)
    }
}

extension Subject {
    /// The process that reads a credential for a unit: root's, or of the user whose vault and service manager it is.
    fileprivate init(asking unit: String, owner: UInt32) {
        self.init(uid: owner, gid: owner == 0 ? 0 : nil, unit: owner == 0 ? unit : "user@\(owner).service")
    }
}

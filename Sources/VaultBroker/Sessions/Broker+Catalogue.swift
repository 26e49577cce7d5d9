// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Varlink
import VaultCore
import VaultInterface
import VaultModel

/// What a caller may see: `List` and `Describe`.
extension Broker {
    func list(
        _ parameters: BrokerInterface.List.Parameters, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        let pattern = try parameters.pattern.map { text throws(VarlinkError) in try Self.pattern(text) }
        lookForStale(seen(pattern, session), session) {
            // What the caller may see is decided in the turn in which it is answered.
            guard self.isStillThere(session) else { return }
            answer.reply(
                BrokerInterface.List.Reply(capabilities: self.seen(pattern, session).map(self.described)))
        }
    }

    private func seen(_ pattern: NamePattern?, _ session: Session) -> [CapabilityEntry] {
        let moment = Moment.now()
        return table.sorted {
            (pattern?.matches($0.capability.name) ?? true)
                && core.policy.maySee($0.capability.name, session.identity, moment)
        }
    }

    func describe(
        _ parameters: BrokerInterface.Describe.Parameters, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        guard let name = try? CapabilityName(parameters.name) else { throw .invalidParameter("name") }
        guard let entry = entry(name, answer, session) else { return }
        lookForStale([entry], session) {
            // Whether the caller may see it is decided in the turn in which it is answered.
            guard self.isStillThere(session), let entry = self.entry(name, answer, session) else { return }
            answer.reply(BrokerInterface.Describe.Reply(capability: self.described(entry)))
        }
    }

    /// What has this name, if the caller may see it; where not, it has been answered so.
    private func entry(_ name: CapabilityName, _ answer: Answer, _ session: Session) -> CapabilityEntry? {
        let moment = Moment.now()
        let decision = decision(.list, name, session, moment)
        guard decision.isPermitted else {
            deny(Denial(action: .list, name: name, asked: nil, decision: decision, moment: moment), answer, session)
            return nil
        }
        guard let entry = table[name] else {
            answer.refuse(BrokerError.notFound(name: name.text))
            return nil
        }
        return entry
    }

    static func pattern(_ text: String) throws(VarlinkError) -> NamePattern {
        guard let pattern = try? NamePattern(text) else { throw .invalidParameter("pattern") }
        return pattern
    }

    private func described(_ entry: CapabilityEntry) -> BrokerInterface.Capability {
        BrokerInterface.Capability(
            name: entry.capability.name.text, kind: entry.capability.kind.rawValue,
            rights: entry.capability.rights.words, origin: "opened", delivery: entry.capability.delivery.rawValue,
            revocation: entry.revocation, state: entry.stateWord, problem: entry.problem?.text)
    }
}

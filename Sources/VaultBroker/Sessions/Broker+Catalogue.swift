// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Varlink
import VaultCore
import VaultInterface
import VaultModel
import VaultPolicy

/// What a caller may see, and what it may do: `List`, `Describe` and `CanI`.
extension Broker {
    func list(
        _ parameters: BrokerInterface.List.Parameters, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        let pattern = try parameters.pattern.map { text throws(VarlinkError) in try Self.pattern(text) }
        Task {
            let due = await dueLooks(pattern, session)
            guard !session.isClosed else { return }
            await withCheckedContinuation { continuation in
                look(due, session) { continuation.resume() }
            }
            await answerList(pattern, answer, session)
        }
    }

    /// Those whose paths are to be looked at, of what the caller may see.
    private func dueLooks(_ pattern: NamePattern?, _ session: Session) async -> DueLooks {
        var due = DueLooks()
        var walk = NameWalk(pattern)
        while !session.isClosed, !walk.isAtEnd {
            let seen = await inTurn(of: session, &walk) { walk in
                walk.next(in: table, by: core.policy, for: session.identity, .now(), where: \.canGoStale)
            }
            due.add(seen ?? [], looks)
        }
        return due
    }

    /// Answers in several replies who wants that, and others in one, which is made and sent in as many parts. What the caller may
    /// see of a part, and who is there, is looked at in the turn in which the part is made.
    private func answerList(_ pattern: NamePattern?, _ answer: Answer, _ session: Session) async {
        var walk = NameWalk(pattern)
        var whole = ReplyInParts(listUnder: "capabilities")
        while !walk.isAtEnd, !session.isClosed {
            _ = await inTurn(of: session, &walk) { walk in
                guard isStillThere(session) else { return }
                let seen = walk.next(in: table, by: core.policy, for: session.identity, .now()).map(described)
                let (isLast, isPart) = (walk.isAtEnd, !answer.wantsMore)
                guard isLast || !seen.isEmpty else { return }
                let message =
                    isPart
                    ? whole.part(seen, isLast: isLast)
                    : MessageText.reply(BrokerInterface.List.Reply(capabilities: seen), continues: !isLast)
                answer.give(message, continues: !isLast)
            }
            if !walk.isAtEnd { await waitForReader(answer, price: 0) }
        }
    }

    func describe(
        _ parameters: BrokerInterface.Describe.Parameters, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        guard let name = try? CapabilityName(parameters.name) else { throw .invalidParameter("name") }
        guard let entry = entry(name, answer, session) else { return }
        look(DueLooks([entry], looks), session) {
            // Whether the caller may see it is decided in the turn in which it is answered.
            guard self.isStillThere(session), let entry = self.entry(name, answer, session) else { return }
            let mayWatch = self.decision(.watch, name, session, .now()).isPermitted
            answer.reply(
                BrokerInterface.Describe.Reply(capability: self.described(entry), mayWatch: mayWatch ? true : nil))
        }
    }

    /// What has this name, if the caller may see it; where not, it has been answered so.
    private func entry(_ name: CapabilityName, _ answer: Answer, _ session: Session) -> CapabilityEntry? {
        guard permits(.list, name, session.caller, denied: { answer.refuse($0) }) else { return nil }
        guard let entry = table[name] else {
            answer.refuse(BrokerError.notFound(name: name.text))
            return nil
        }
        return entry
    }

    /// What the rules permit, as each of these calls would be decided. It says no more of a name than the call itself would,
    /// and nothing of it is recorded: who may not is told so, as of any name.
    func canI(
        _ parameters: BrokerInterface.CanI.Parameters, _ session: Session
    ) throws(VarlinkError) -> BrokerInterface.CanI.Reply {
        guard let action = Action(rawValue: parameters.action) else { throw .invalidParameter("action") }
        let asked = try parameters.rights.map { words throws(VarlinkError) -> Rights in
            guard let rights = try? Rights.parse(words) else { throw .invalidParameter("rights") }
            return rights
        }
        var name: CapabilityName?
        if action.takesCapability {
            guard let parsed = parameters.name.flatMap({ try? CapabilityName($0) }) else {
                throw .invalidParameter("name")
            }
            name = parsed
        }
        let moment = Moment.now()
        let entry = name.flatMap { table[$0] }
        func decide(_ action: Action, hasReason: Bool) -> Decision {
            core.policy.decide(
                action, action.takesCapability ? name : nil, asked: asked,
                offered: action == .deposit ? asked : entry?.capability.rights, hasReason: hasReason,
                session.identity, moment)
        }
        var decision = decide(action, hasReason: true)
        // As `Remove` and `RenewCapability` have it: whoever administers the vault may.
        if action == .remove || action == .renew, !decision.isPermitted { decision = decide(.admin, hasReason: true) }
        guard decision.isPermitted else { return .init(permitted: false, rights: [], needsReason: false) }
        if let name, action != .deposit, action != .watch, !(entry?.deposit?.lasts(at: moment) ?? (entry != nil)) {
            throw BrokerError.notFound(name: name.text).varlinkError
        }
        return .init(
            permitted: true, rights: action == .open ? decision.rights.words : [],
            needsReason: !decide(action, hasReason: false).isPermitted && action == .open)
    }

    static func pattern(_ text: String) throws(VarlinkError) -> NamePattern {
        guard let pattern = try? NamePattern(text) else { throw .invalidParameter("pattern") }
        return pattern
    }

    private func described(_ entry: CapabilityEntry) -> BrokerInterface.Capability {
        BrokerInterface.Capability(
            name: entry.capability.name.text, kind: entry.capability.kind.rawValue,
            rights: entry.capability.rights.words, origin: entry.deposit == nil ? "opened" : "deposited",
            delivery: entry.capability.delivery.rawValue, revocation: entry.revocation, state: entry.stateWord,
            problem: entry.problem?.text, network: entry.capability.source.isNetwork ? true : nil,
            descriptor: entry.deposit?.type,
            depositor: (entry.deposit?.uid).map { Int($0) }, depositorName: entry.deposit?.user,
            depositedUSec: (entry.deposit?.depositedUSec).map { Int($0) },
            expiresUSec: (entry.deposit?.expires?.wallUSec).map { Int($0) }, fdName: entry.deposit?.fdName)
    }
}

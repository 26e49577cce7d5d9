// SPDX-License-Identifier: Apache-2.0

import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel

/// `Watch`: what becomes of names, out of the log, so that who was away goes on where it was.
extension Broker {
    /// Whether some rule lets the caller watch anything; where none does, it has been answered so.
    func mayWatch(_ parameters: BrokerInterface.Watch.Parameters, _ answer: Answer, _ session: Session) -> Bool {
        if core.policy.mayWatch(session.identity) { return true }
        let name = parameters.pattern.flatMap { try? CapabilityName($0) }
        return permits(.watch, name, session.caller) { answer.refuse($0) }
    }

    func watch(
        _ parameters: BrokerInterface.Watch.Parameters, _ answer: Answer, _ session: Session
    ) async throws(VarlinkError) -> BrokerInterface.Watch.Reply {
        guard answer.wantsMore else { throw .expectedMore }
        var filter = EntryFilter()
        filter.type = RecordType.watched.map(\.rawValue).sorted()
        if let text = parameters.pattern { filter.capability = [try Self.pattern(text)] }
        var from = try await start(at: parameters.cursor) ?? journal.committed
        // The generation of the policy at the last reply.
        var told: UInt64?
        while true {
            let page = try await entries(from: from, limit: Self.pageEntries, false, filter)
            from = page.next ?? page.size
            let cursor = try await cursor(from)
            await waitForTurn(session)
            // Who calls, and what it may watch, as it is in this turn.
            guard isStillThere(session) else { return .init(events: [], cursor: cursor) }
            // Who may watch nothing any more hears that, and not silence.
            guard mayWatch(parameters, answer, session) else { return .init(events: [], cursor: cursor) }
            let reply = BrokerInterface.Watch.Reply(events: events(page.entries, session), cursor: cursor)
            guard phase == .serving else { return reply }
            // The first says where it begins, another without events that the rules may permit something else.
            if told != core.policy.generation || !reply.events.isEmpty { answer.reply(reply, continues: true) }
            told = core.policy.generation
            await waitForReader(answer)
            if page.next == nil { await events(beyond: page.size, session) }
        }
    }

    private func events(_ entries: [Entry], _ session: Session) -> [BrokerInterface.Event] {
        let moment = Moment.now()
        return entries.compactMap { entry in
            guard let event = BrokerInterface.Event(entry), let name = try? CapabilityName(event.name),
                decision(.watch, name, session, moment).isPermitted
            else { return nil }
            return event
        }
    }
}

extension BrokerInterface.Event {
    /// nil for a record that tells of no name.
    fileprivate init?(_ entry: Entry) {
        let stored = StoredRecord(reading: entry.text)
        guard let name = stored.capability?.name, let time = stored.timeUSec, let record = Record(stored) else {
            return nil
        }
        let word: String
        var why: String?
        switch record {
        case .deposit: word = "stored"
        case .takeConfirm: word = "taken"
        case .hangUp: word = "hang-up"
        case .capabilityAdd: word = "added"
        case .capabilityRemove: word = "removed"
        case .leaseRenew: word = "renewed"
        case .capabilityRenew(let renewal):
            word = "renewed"
            why = renewal.why
        case .remove(let end):
            why = end.why
            word = Self.word(ofEnd: why)
        case .leaseExpire(let event):
            why = event.why
            word = Self.word(ofEnd: why)
        default: return nil
        }
        self.init(
            type: word, name: name, record: Int(entry.index), timeUSec: Int(time), why: why, lease: stored.lease?.id)
    }

    private static func word(ofEnd why: String?) -> String {
        switch why {
        case "time"?: "expired"
        case "revoked"?: "revoked"
        default: "removed"
        }
    }
}

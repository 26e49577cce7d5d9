// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes
import Records
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel

/// `Renew` and `Release`, for the process that got the lease, and `Leases`, for who administers.
extension Broker {
    func renew(_ parameters: BrokerInterface.Renew.Parameters, _ answer: Answer, _ session: Session) {
        core.renew(parameters.lease, session.caller) {
            switch $0 {
            case .success(let lease): answer.reply(BrokerInterface.Renew.Reply(lease: lease.onWire))
            case .failure(let refusal): answer.refuse(refusal)
            }
        }
    }

    func release(_ parameters: BrokerInterface.Release.Parameters, _ answer: Answer, _ session: Session) {
        core.release(parameters.lease, session.caller) {
            if let refusal = $0 { answer.refuse(refusal) } else { answer.reply(EmptyMessage()) }
        }
    }

    func leases(
        _ parameters: AdminInterface.Leases.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Leases.Reply {
        let pattern = try parameters.pattern.map { text throws(VarlinkError) in try Self.pattern(text) }
        let found = leases.those { pattern?.matches($0.name) ?? true }
        let names = await userNames(Set(found.map(\.uid)))
        return .init(
            leases: found.map { lease in
                lease.described(
                    user: names[lease.uid], isOutdated: lease.isOutdated(by: table[lease.name]?.found))
            })
    }

    /// Reads from the log what leases of an earlier run were granted, to tell which of them are outdated.
    func recallLeases() {
        let unknown = leases.those { $0.opened == nil }
        guard !unknown.isEmpty else { return }
        Task {
            for lease in unknown {
                // What was pruned, or cannot be read now, is not known.
                guard let page = try? await entries(from: lease.record, limit: 1, false, EntryFilter()),
                    let entry = page.entries.first, entry.index == lease.record,
                    case .grant(let grant)? = Record(StoredRecord(reading: entry.text))
                else { continue }
                lease.opened = grant.opened
            }
        }
    }

    /// The names of users that have one, looked up on the work thread where they are not known.
    func userNames(_ uids: Set<UInt32>) async -> [UInt32: String] {
        let now = SystemClock.bootTimeUSec()
        var names: [UInt32: String] = [:]
        for uid in uids {
            switch users.name(of: uid, bootUSec: now) {
            case .name(let name): names[uid] = name
            case .unknown:
                let name = await work.run { UserNames.lookUp(uid) }
                users.learn(name, of: uid, bootUSec: now)
                names[uid] = name
            }
        }
        return names
    }
}

extension Lease {
    /// As it crosses the wire.
    var onWire: BrokerInterface.Lease {
        .init(id: id, expiresUSec: expires.map { Int($0.wallUSec) }, renewableUSec: renewable.map { Int($0.wallUSec) })
    }

    /// As `Leases` lists it.
    fileprivate func described(user: String?, isOutdated: Bool) -> AdminInterface.Lease {
        .init(
            id: id, record: Int(clamping: record), name: name.text, rights: rights.words, rule: rule, uid: Int(uid),
            user: user, pid: Int(holder.key.pid), exe: holder.program, startedUSec: Int(startedUSec),
            expiresUSec: expires.map { Int($0.wallUSec) }, renewableUSec: renewable.map { Int($0.wallUSec) },
            isOutdated: isOutdated ? true : nil)
    }
}

// SPDX-License-Identifier: Apache-2.0

import FDHolderProtocol
import Glibc
import VaultCore
import VaultModel

/// What s6's clients ask for all of: the identifiers, and the dump.
extension Broker {
    /// The longest list, in bytes of identifiers: it is one message, and says first how long it is.
    private static let longestList = 1 << 20

    /// The identifiers that the caller may see; what somebody is taking is as good as gone.
    func listNames(_ names: FDHolderNames, _ answer: FDHolderAnswer, _ session: Session) {
        Task {
            guard let pattern = try? NamePattern(names.pattern) else { return answer.fail(EINVAL) }
            var walk = NameWalk(pattern)
            var ids: [FDHolderID] = []
            var size = 0
            while !walk.isAtEnd, !session.isClosed, size <= Self.longestList {
                let seen = await inTurn(of: session, &walk) { walk in
                    walk.next(in: table, by: core.policy, for: session.identity, .now())
                        .filter { $0.deposit?.isTaken != true }.compactMap { names.id($0.capability.name) }
                }
                guard let seen else { return }
                size += seen.reduce(0) { $0 + $1.bytes.count + 1 }
                ids += seen
            }
            guard !session.isClosed, isStillThere(session) else { return }
            if size > Self.longestList { answer.fail(EMSGSIZE) } else { answer.base.give(FDHolderReply.list(ids)) }
        }
    }

    /// All deposits that the caller may open, each on record, or none of them.
    func passEverything(
        _ names: FDHolderNames, _ answer: FDHolderAnswer, _ session: Session, _ holder: FDHolderSession
    ) {
        Task {
            guard let pattern = try? NamePattern(names.pattern) else { return answer.fail(EINVAL) }
            var walk = NameWalk(pattern)
            var found: [CapabilityName] = []
            while !walk.isAtEnd, !session.isClosed, found.count <= FDHolderSession.mostDumped {
                let piece = await inTurn(of: session, &walk) { walk in
                    let moment = Moment.now()
                    return walk.next(in: table) { mayOpen($0, names, session, moment) }.map(\.capability.name)
                }
                found += piece ?? []
            }
            guard !session.isClosed else { return }
            guard !found.isEmpty else { return answer.base.give(FDHolderReply.dumpFollows(count: 0)) }
            guard found.count <= FDHolderSession.mostDumped else { return answer.fail(EMSGSIZE) }
            let most = FDHolderRequest.mostDescriptors
            let dump = FDHolderDump(
                answer, holder, names, count: found.count, parts: FDHolderReply.trips(found.count))
            for (place, start) in stride(from: 0, to: found.count, by: most).enumerated() {
                let part = found[start..<min(start + most, found.count)].map { OpenRequest.Name($0) }
                core.open(OpenRequest(part), reason: nil, session.caller, FDHolderDump.Part(dump, place))
            }
        }
    }

    /// Whether something belongs to the dump that the caller gets: a deposit that nobody is taking.
    private func mayOpen(
        _ entry: CapabilityEntry, _ names: FDHolderNames, _ session: Session, _ moment: Moment
    ) -> Bool {
        let name = entry.capability.name
        guard let deposit = entry.deposit, !deposit.isTaken, names.id(name) != nil,
            deposit.expires.map({ moment.bootUSec < $0.bootUSec }) ?? true
        else { return false }
        return core.policy.decide(
            .open, name, offered: entry.capability.rights, session.identity, moment
        ).isPermitted
    }
}

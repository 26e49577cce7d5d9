// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Records
import Varlink
import VaultCore
import VaultInterface
import VaultModel
import VaultPolicy

/// Taking authority away, and what is said of what is out already.
extension Broker {
    func revoke(
        _ parameters: AdminInterface.Revoke.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Revoke.Reply {
        let wanted = try await RevocationTarget.Wanted(parameters, names: questions)
        let isDryRun = parameters.dryRun == true
        let act = PolicyAct.revoke { wanted.rules(in: $0.compiled) }
        let outcome = try await change(act, by: Author(session), reason: parameters.reason, isDryRun: isDryRun)
        let (before, after) = (outcome.before.compiled, outcome.built.policy.compiled)
        let names = outcome.before.capabilities
        // What is said of it looks at each rule, and holds up nobody.
        let (target, still, lifted) = await questions.run {
            let target = wanted.target(in: before) { pattern in names.contains { pattern.matches($0.name) } }
            return (target, target.stillPermitted(by: after), target.nowPermitted(by: after))
        }
        let isDone = !target.rules.isEmpty && !isDryRun
        return .init(
            rules: target.rules.map(\.id), outcomes: await outcomes(of: outcome.out),
            stillPermittedBy: still, lifted: target.lifted,
            nowPermittedBy: lifted, record: outcome.record.map(Int.init),
            durable: isDone ? outcome.record != nil || outcome.isKept : nil,
            problems: target.reason.map { [$0.onWire] })
    }

    /// A line for each lease that ends, for each socket that is shut down, and for each user who was sent something: what
    /// cannot be taken back, and cannot be seen any more.
    private func outcomes(of out: WhatIsOut) async -> [AdminInterface.Outcome] {
        let names = await userNames(Set(out.leases.map(\.uid) + out.sent.map(\.uid)))
        let leases = out.leases.map { lease in
            let isCut = table[lease.name]?.capability.isCutByRevocation == true
            return AdminInterface.Outcome(
                pid: Int(lease.holder.key.pid), user: names[lease.uid] ?? "uid \(lease.uid)", exe: lease.holder.program,
                record: Int(lease.record), done: isCut ? "shutdown" : "none",
                remaining: isCut ? "" : "\(lease.name): its lease ends; Linux cannot take an open descriptor back")
        }
        let cut = out.cut.map { entry in
            AdminInterface.Outcome(
                pid: nil, user: nil, exe: nil, record: nil, done: "shutdown",
                remaining: "\(entry.capability.name): accepted connections stay with whoever accepted them")
        }
        let sent = out.sent.map { sent in
            let followed = sent.leases == 0 ? "" : ", \(sent.leases) of them followed as leases"
            return AdminInterface.Outcome(
                pid: nil, user: names[sent.uid] ?? "uid \(sent.uid)", exe: nil, record: nil, done: "none",
                remaining: "\(sent.count) grants went out under \(sent.rule) since the daemon started\(followed); "
                    + sent.whatStays)
        }
        return leases + cut + sent
    }
}

extension WhatIsOut.Sent {
    /// What its users keep.
    fileprivate var whatStays: String {
        let descriptors = "who has a descriptor keeps it, and may have passed it on, which cannot be seen"
        guard contents > 0 else { return descriptors }
        let content =
            "\(contents) of them were the content, a credential of a unit, and no descriptor: who has read it knows it, "
            + "and only another content takes that back"
        return contents == count ? content : "\(content); \(descriptors)"
    }
}

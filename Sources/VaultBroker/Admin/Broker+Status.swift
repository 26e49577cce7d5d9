// SPDX-License-Identifier: Apache-2.0

import Descriptors
import PolicyFiles
import Records
import TransparencyLog
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultModel

/// `Status`: everything about the daemon that an administrator may want to see, problems first.
extension Broker {
    func status(
        _ parameters: AdminInterface.Status.Parameters, _ session: Session
    ) async throws(VarlinkError) -> WrittenReply<AdminInterface.Status> {
        await withCheckedContinuation { continuation in
            look(DueLooks(table.sorted, looks), session) { continuation.resume() }
        }
        let report = await directoryReport()
        let problems = await problems(report)
        let status = AdminInterface.Status.Reply(
            status: .init(
                problems: [], advice: [], health: health.word, version: configuration.version,
                startedUSec: Int(startedAt.wallUSec), log: await logStatus(), policy: policyStatus(report),
                capabilities: .init(
                    count: table.count, descriptors: table.descriptorCount,
                    failed: table.sorted { $0.problem != nil }.map(\.capability.name.text),
                    stale: table.sorted(where: \.isShownStale).map(\.capability.name.text)),
                stages: stageTimes,
                connections: .init(
                    count: sessions.count, limit: configuration.limits.sessions.connections,
                    limitPerUser: configuration.limits.sessions.connectionsPerUser),
                clock: .init(trusted: journal.isTrusted(.now()), newestRecordUSec: Int(journal.newestUSec)),
                leases: .init(
                    count: leases.count, holders: leases.holderCount, limitOfHolders: configuration.holderLimit),
                opener: .init(alive: opener.isAlive), descriptorLimit: configuration.descriptorLimit))
        // With each capability there may be a problem.
        return await questions.run {
            var reply = status
            reply.status.problems = problems.map(\.message)
            reply.status.advice = problems.map(\.onWire)
            return .init(reply)
        }
    }
}

extension Broker {
    /// Of the stages that a call leaves.
    private var stageTimes: [AdminInterface.StageTime] {
        OpenCall.Stage.timed.map {
            let time = core.grants.times[$0]
            return .init(
                stage: "\($0)", count: Int(clamping: time.count), totalUSec: Int(time.totalUSec),
                longestUSec: Int(time.longestUSec))
        }
    }
}

extension PolicyRevision {
    /// As `Revisions` lists it.
    var described: AdminInterface.Revision {
        .init(
            revision: revision, sha256: sha256, cause: cause.rawValue, timeUSec: Int(timeUSec), record: Int(record),
            uid: uid.map(Int.init), user: user, reason: reason, files: files?.map(\.path))
    }
}

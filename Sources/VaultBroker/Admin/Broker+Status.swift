// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import PolicyFiles
import Records
import TransparencyLog
import Varlink
import VaultInterface
import VaultLedger
import VaultModel

/// `Status`: everything about the daemon that an administrator may want to see, problems first.
extension Broker {
    func status(
        _ parameters: AdminInterface.Status.Parameters, _ session: Session
    ) async throws(VarlinkError) -> AdminInterface.Status.Reply {
        var status = JSONObject()
        await withCheckedContinuation { continuation in
            lookForStale(table.sorted, session) { continuation.resume() }
        }
        let report = await directoryReport()
        let problems = await problems(report)
        status["problems"] = .array(problems.map { .string($0.message) })
        status["advice"] = .array(problems.map(\.onWire))
        status["version"] = .string(configuration.version)
        status["startedUSec"] = .integer(startedAt.wallUSec)
        status["log"] = .object(await logStatus())
        status["policy"] = .object(policyStatus(report))
        status["capabilities"] = .object([
            "count": .integer(Int64(table.count)),
            "descriptors": .integer(Int64(table.descriptorCount)),
            "failed": .array(table.sorted.filter { $0.problem != nil }.map { .string($0.capability.name.text) }),
            "stale": .array(table.sorted.filter { $0.stateWord == "stale" }.map { .string($0.capability.name.text) }),
        ])
        status["connections"] = .object([
            "count": .integer(Int64(sessions.count)), "limit": .integer(Int64(configuration.limits.connections)),
            "limitPerUser": .integer(Int64(configuration.limits.connectionsPerUser)),
        ])
        status["clock"] = .object([
            "trusted": .bool(isTrusted(.now())), "newestRecordUSec": .integer(recording.newestUSec),
        ])
        status["leases"] = .object([
            "count": .integer(Int64(leases.count)), "holders": .integer(Int64(leases.holderCount)),
            "limitOfHolders": .integer(Int64(configuration.holderLimit)),
        ])
        status["opener"] = .object(["alive": .bool(opener.isAlive)])
        status["descriptorLimit"] = .integer(Int64(configuration.descriptorLimit))
        return .init(status: status)
    }
}

extension PolicyRevision {
    /// As `Revisions` lists it.
    var described: JSONObject {
        var object: JSONObject = [
            "revision": .integer(Int64(revision)), "sha256": .string(sha256), "cause": .string(cause.rawValue),
            "timeUSec": .integer(timeUSec), "record": .integer(Int64(record)),
        ]
        object["uid"] = uid.map { .integer(Int64($0)) }
        object["user"] = user.map { .string($0) }
        object["reason"] = reason.map { .string($0) }
        object["files"] = files.map { .array($0.map { .string($0.path) }) }
        return object
    }
}

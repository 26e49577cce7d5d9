// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import OpenerWire
import Records
import SystemPackage
import Varlink
import VaultCore
import VaultInterface
import VaultLedger
import VaultMetrics
import VaultModel
import VaultPolicy

/// The numbers that the vault tells of itself: what the rooms count, read off when somebody asks.
extension Broker {
    /// As systemd's report expects them: its names begin with that of the socket.
    static let metricsPrefix = "io.vaultd.Broker."
    /// How long the opener is waited for, in microseconds; without it its numbers are left out.
    private static let censusUSec: Int64 = 300_000
    /// So long the same is told at the sockets, however often it is asked for, in microseconds.
    static let metricsAgeUSec: Int64 = 100_000

    /// Every number as it is now, in the order of the families.
    func metricSamples() async -> [MetricSample] {
        let census = await census()
        var samples = MetricSamples()
        samples.add(.buildInfo, 1, configuration.version)
        samples.add(.startTime, microseconds: startedAt.wallUSec)
        addHealth(to: &samples)
        addCalls(to: &samples)
        addCommits(to: &samples)
        addLog(to: &samples)
        addWhatIsHeld(to: &samples)
        let load = opener.load
        samples.add(.openerRequests, load.running, "running")
        samples.add(.openerRequests, load.waiting, "waiting")
        if let census {
            samples.add(.openerWorkers, census.busy, "busy")
            samples.add(.openerWorkers, census.idle, "idle")
            samples.add(.openerAbandoned, census.abandoned)
        }
        return samples.all
    }

    /// The same for who may ask as often as they like: of many who ask in a moment all get what the first one does.
    private func recentSamples() async -> [MetricSample] {
        if let told = metricsTold, SystemClock.bootTimeUSec() - told.atUSec < Self.metricsAgeUSec {
            return told.samples
        }
        if let asked = metricsAsked { return await asked.value }
        let asked = Task { await metricSamples() }
        metricsAsked = asked
        let samples = await asked.value
        metricsAsked = nil
        metricsTold = ToldMetrics(samples: samples, atUSec: SystemClock.bootTimeUSec())
        return samples
    }

    /// Has them collected at the sockets that there are for that.
    func serveMetrics() throws(Errno) {
        guard !configuration.metricsSockets.isEmpty else { return }
        let endpoint = try MetricsEndpoint { [weak self] in await self?.recentSamples() ?? [] }
        endpoint.start(on: configuration.metricsSockets)
        metricsEndpoint = endpoint
    }

    private func addHealth(to samples: inout MetricSamples) {
        for (part, isWell) in health.parts { samples.add(.healthy, isWell ? 1 : 0, part) }
    }

    private func addCalls(to samples: inout MetricSamples) {
        let outcomes = core.grants.outcomes
        samples.add(.grants, outcomes.sent)
        samples.add(.grantsWithdrawn, outcomes.withdrawn)
        for reason in Decision.Reason.allCases {
            samples.add(.denials, core.denials.counts[reason, default: 0], reason.metricsWord)
        }
        for reason in MetricFamily.connectionsRefused.label?.values ?? [] {
            samples.add(.connectionsRefused, core.sessions.refusals[reason, default: 0], reason)
        }
        samples.add(.revocations, core.administration.revocations)
        samples.add(.openFailures, outcomes.notOpened)
        for stage in OpenCall.Stage.timed {
            let time = core.grants.times[stage]
            samples.add(summary: .openStages, "\(stage)", count: time.count, microseconds: time.totalUSec)
        }
    }

    private func addCommits(to samples: inout MetricSamples) {
        let commits = journal.commits
        samples.add(
            histogram: .commitLatency, bounds: commits.latency.bounds.map { .real(MetricSamples.seconds($0)) },
            counts: commits.latency.counts, sum: .real(MetricSamples.seconds(commits.latency.sum)))
        samples.add(
            histogram: .batchRecords, bounds: commits.records.bounds.map { .integer($0) },
            counts: commits.records.counts, sum: .integer(commits.records.sum))
        samples.add(.commitFailures, commits.failed)
        samples.add(.recordsWaiting, journal.waiting)
    }

    private func addLog(to samples: inout MetricSamples) {
        samples.add(.logRecords, journal.committed)
        samples.add(.unsignedRecords, journal.committed - min(journal.committed, checkpoints.covered))
        if let files = ledgerCare.files {
            samples.add(.logSize, files.databaseBytes, "database")
            samples.add(.logSize, files.logBytes, "write-ahead-log")
        }
        let now = SystemClock.wallTimeUSec()
        if let newest = checkpoints.newestUSec { samples.add(.checkpointAge, microseconds: max(0, now - newest)) }
        if let cosigned = checkpoints.cosignedUSec {
            samples.add(.cosignedAge, microseconds: max(0, now - cosigned))
        }
    }

    private func addWhatIsHeld(to samples: inout MetricSamples) {
        samples.add(.connections, sessions.count)
        samples.add(.connectionLimit, configuration.limits.sessions.connections)
        samples.add(.capabilities, table.count)
        samples.add(.failedCapabilities, table.sorted.count { $0.problem != nil })
        samples.add(.heldDescriptors, table.descriptorCount)
        samples.add(.descriptorsOnTheWay, core.sessions.onTheWay)
        samples.add(.descriptorLimit, configuration.descriptorLimit)
        samples.add(.deposits, core.deposits.count)
        samples.add(.leases, leases.count)
        samples.add(.leaseHolders, leases.holderCount)
    }

    // MARK: What others have to be asked for

    /// What the opener says of its workers, where it says so at once.
    private func census() async -> OpenerCensus? {
        guard opener.isAlive else { return nil }
        return await withCheckedContinuation { continuation in
            var waiting: CheckedContinuation<OpenerCensus?, Never>? = continuation
            let answer = { (census: OpenerCensus?) in
                waiting?.resume(returning: census)
                waiting = nil
            }
            let bound = LoopBound(answer, to: loop)
            let timer = loop.timer(after: .microseconds(Self.censusUSec)) { bound.value(nil) }
            opener.census { [loop] in
                _ = loop.cancel(timer)
                answer($0)
            }
        }
    }

    /// A checkpoint over so many records has the signature of a witness: the newest of them is as old as its record says, so that
    /// this is known after a start, too.
    func noteCosigned(_ size: UInt64) async {
        guard size > 0, let entry = try? await reader.record(size - 1),
            let time = StoredRecord(reading: entry.text).timeUSec
        else { return }
        checkpoints.cosignedUSec = max(checkpoints.cosignedUSec ?? .min, time)
    }

    /// Finds it out at a start.
    func noteCosigned() async {
        let newest = try? await reader.cosignedCheckpoint(covering: 0, origin: signer.signer.key.name)
        if let newest = newest.flatMap(\.self) { await noteCosigned(newest.size) }
    }
}

/// Numbers, and when they were read off.
struct ToldMetrics {
    let samples: [MetricSample]
    let atUSec: Int64
}

extension OpenCall.Stage {
    /// Those that a call leaves.
    static let timed: [Self] = [.deciding, .opening, .committing, .queued]
}

extension Decision.Reason {
    /// A call that is permitted and denied all the same asks for what cannot be delivered so.
    var metricsWord: String { self == .permitted ? "not-deliverable" : rawValue }
}

// SPDX-License-Identifier: Apache-2.0

import VaultTestKit

/// Runs every load against every contender, in turn, as often as asked.
///
/// All contenders run at the same time, idle but for the one that is measured, so that what is compared was measured
/// within seconds; and a ratio is the median of those of each repetition, so that what disturbs the whole machine for
/// a while disturbs both sides of it.
struct Comparison {
    private struct Key: Hashable {
        var title: String
        var contender: Contender
    }

    let contenders: [Contender]
    let measurements: [Measurement]
    let settings: Settings
    private var samples: [Key: Samples] = [:]

    init(contenders: [Contender], measurements: [Measurement], settings: Settings) {
        self.contenders = contenders
        self.measurements = measurements
        self.settings = settings
    }

    /// One load yields all measurements that it is named by. Each contender starts with an empty database.
    mutating func measureOnce(seconds: Double) async throws {
        var servers: [Contender: any RunningServer] = [:]
        for contender in contenders { servers[contender] = try await contender.start(settings: settings) }
        var loads: [Load] = []
        for measurement in measurements where !loads.contains(measurement.load) { loads.append(measurement.load) }
        for load in loads {
            let here = measurements.filter { $0.load == load }
            for contender in contenders where here.contains(where: { $0.contenders.contains(contender) }) {
                guard let server = servers[contender] else { continue }
                let numbers = try await load.run(against: server, seconds: seconds)
                for measurement in here where measurement.contenders.contains(contender) {
                    guard let value = numbers[measurement.key] else { continue }
                    samples[Key(title: measurement.title, contender: contender), default: Samples()].add(value)
                }
            }
        }
        for server in servers.values { try await server.stop() }
    }

    var table: Table {
        var table = Table()
        for measurement in measurements {
            for contender in contenders {
                guard let own = samples[Key(title: measurement.title, contender: contender)] else { continue }
                var line = Table.Line(
                    measure: measurement.title, contender: contender.title, unit: measurement.unit, samples: own)
                addRatios(to: &line, of: contender, in: measurement)
                table.add(line)
            }
        }
        return table
    }

    private func ratio(_ line: Table.Line, to peer: Contender, in measurement: Measurement) -> Double? {
        samples[Key(title: measurement.title, contender: peer)].map { line.samples.ratios(to: $0).median }
    }

    /// Each line tells its ratio to the C pipeline, and the broker's to each contender that a goal names.
    private func addRatios(to line: inout Table.Line, of contender: Contender, in measurement: Measurement) {
        let goals = contender == .vaultd ? measurement.goals : []
        for goal in goals {
            guard let ratio = ratio(line, to: goal.peer, in: measurement) else { continue }
            let isMet = goal.isMet(by: ratio)
            let verdict = isMet ? "met" : "missed"
            line.ratios.append("\(Table.number(ratio)) × \(goal.peer.title) (\(goal.bound): \(verdict))")
            if !isMet { line.missed = true }
        }
        guard contender != .cTwo, !goals.contains(where: { $0.peer == .cTwo }) else { return }
        if let ratio = ratio(line, to: .cTwo, in: measurement) {
            line.ratios.append("\(Table.number(ratio)) × \(Contender.cTwo.title)")
        }
    }
}

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
        /// Of the load generator's output.
        var number: String
    }

    let contenders: [Contender]
    let measurements: [Measurement]
    let settings: Settings
    let cores: Cores?
    private var samples: [Key: Samples] = [:]

    init(contenders: [Contender], measurements: [Measurement], settings: Settings, cores: Cores? = nil) {
        self.contenders = contenders
        self.measurements = measurements
        self.settings = settings
        self.cores = cores
    }

    /// What each line has besides its own number.
    private static let besides = ["p999USec", "serverCPUUSecPerCall", "helpersCPUUSecPerCall", "loadCPUUSecPerCall"]

    private func numbers(_ number: String, _ measurement: Measurement, _ contender: Contender) -> Samples? {
        samples[Key(title: measurement.title, contender: contender, number: number)]
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
                let numbers = try await load.run(against: server, seconds: seconds, cores: cores)
                for measurement in here where measurement.contenders.contains(contender) {
                    for number in [measurement.key] + Self.besides {
                        guard let value = numbers[number] else { continue }
                        let key = Key(title: measurement.title, contender: contender, number: number)
                        samples[key, default: Samples()].add(value)
                    }
                }
            }
        }
        for server in servers.values { try await server.stop() }
    }

    var table: Table {
        var table = Table()
        for measurement in measurements {
            for contender in contenders {
                guard let own = numbers(measurement.key, measurement, contender) else { continue }
                var line = Table.Line(
                    measure: measurement.title + (cores == nil ? "" : ", each on its core"),
                    contender: contender.title, unit: measurement.unit, samples: own)
                line.besides = Table.Besides(
                    tail: numbers("p999USec", measurement, contender),
                    server: numbers("serverCPUUSecPerCall", measurement, contender),
                    helpers: numbers("helpersCPUUSecPerCall", measurement, contender),
                    load: numbers("loadCPUUSecPerCall", measurement, contender))
                addRatios(to: &line, of: contender, in: measurement)
                table.add(line)
            }
        }
        return table
    }

    private func ratio(_ line: Table.Line, to peer: Contender, in measurement: Measurement) -> Double? {
        numbers(measurement.key, measurement, peer).map { line.samples.ratios(to: $0).median }
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

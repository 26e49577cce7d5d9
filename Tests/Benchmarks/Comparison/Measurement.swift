// SPDX-License-Identifier: Apache-2.0

import JSONText
import SystemPackage
import VaultTestKit

/// The server's core and the load generator's, by their numbers, where they are not to share any.
struct Cores: Hashable {
    var server = 0
    var load = 1
}

/// One way of loading a server.
struct Load: Hashable {
    var connections: Int
    var names = 1
    var depth = 1
    var reconnect = false
    /// A method without parameters, in place of `Open`.
    var call: String?
    /// The names to open, in turn: those that every contender has unless the broker alone is asked.
    var pool = Contender.names

    func arguments(socket: FilePath, seconds: Double, cores: Cores?) -> [String] {
        var arguments = [
            "--json", "--socket", socket.string, "--connections", "\(connections)", "--names", "\(names)",
            "--depth", "\(depth)", "--seconds", "\(seconds)", "--warm-up", "0.3",
        ]
        if let cores { arguments += ["--pin", "\(cores.server),\(cores.load)"] }
        if reconnect { arguments.append("--reconnect") }
        if let call { arguments += ["--call", call] }
        for name in pool { arguments += ["--name", name] }
        return arguments
    }

    /// Runs the load generator; its numbers by their names.
    func run(against server: any RunningServer, seconds: Double, cores: Cores?) async throws -> [String: Double] {
        let program = Programs.built.appending("BenchmarkLoad")
        let command = Command(
            program,
            arguments: arguments(socket: server.socket, seconds: seconds, cores: cores) + server.loadArguments
                + ["--server", "\(try server.pid)"])
        let result = try await command.run()
        guard result.status.isSuccess else { throw DaemonFailure(what: command.description, log: result.errorText) }
        var numbers: [String: Double] = [:]
        for member in try JSONValue(parsing: result.text).object?.members ?? [] {
            numbers[member.key] = member.value.double ?? member.value.integer.map(Double.init)
        }
        return numbers
    }
}

/// A line of the table: a number that a load yields, and what is expected of it.
struct Measurement {
    var title: String
    var load: Load
    /// A key of the load generator's output.
    var key: String
    var unit: String
    var contenders: Set<Contender> = Set(Contender.allCases)
    /// The contender that the broker is compared with, and the bound of the ratio.
    var goals: [Goal] = []

    struct Goal {
        enum Bound: CustomStringConvertible {
            case atLeast(Double)
            case atMost(Double)

            var description: String {
                switch self {
                case .atLeast(let least): "at least \(least)"
                case .atMost(let most): "at most \(most)"
                }
            }
        }

        var peer: Contender
        var bound: Bound

        func isMet(by ratio: Double) -> Bool {
            switch bound {
            case .atLeast(let least): ratio >= least
            case .atMost(let most): ratio <= most
            }
        }
    }

    static let all: [Measurement] = [
        Measurement(
            title: "grants/s, 1 connection", load: Load(connections: 1), key: "callsPerSecond", unit: "/s"),
        Measurement(
            title: "grant p50, 1 connection", load: Load(connections: 1), key: "p50USec", unit: "µs",
            goals: [Goal(peer: .cTwo, bound: .atMost(1.15))]),
        Measurement(
            title: "grants/s, 64 connections", load: Load(connections: 64), key: "callsPerSecond", unit: "/s",
            goals: [Goal(peer: .cTwo, bound: .atLeast(1.0)), Goal(peer: .s6, bound: .atLeast(1.0))]),
        Measurement(
            title: "grant p99, 64 connections", load: Load(connections: 64), key: "p99USec", unit: "µs",
            goals: [Goal(peer: .cTwo, bound: .atMost(1.4))]),
        Measurement(
            title: "grants/s, 64 at once, each on a new connection", load: Load(connections: 64, reconnect: true),
            key: "callsPerSecond", unit: "/s", goals: [Goal(peer: .s6, bound: .atLeast(2.0))]),
        Measurement(
            title: "descriptors/s, 16 names a call, 64 connections", load: Load(connections: 64, names: 16),
            key: "descriptorsPerSecond", unit: "/s", contenders: [.cNothing, .cOne, .cTwo, .vaultd]),
        Measurement(
            title: "grants/s, 64 connections, 8 calls in flight on each", load: Load(connections: 64, depth: 8),
            key: "callsPerSecond", unit: "/s", contenders: [.cNothing, .cOne, .cTwo, .vaultd]),
        Measurement(
            title: "grants/s of fresh descriptions, 64 connections",
            load: Load(connections: 64, pool: Contender.names.indices.map { "fresh/\($0)" }), key: "callsPerSecond",
            unit: "/s", contenders: [.vaultd]),
        Measurement(
            title: "calls without a descriptor/s, 64 connections",
            load: Load(connections: 64, call: "org.varlink.service.GetInfo"), key: "callsPerSecond", unit: "/s",
            contenders: [.vaultd]),
        Measurement(
            title: "the same, each on a new connection",
            load: Load(connections: 64, reconnect: true, call: "org.varlink.service.GetInfo"), key: "callsPerSecond",
            unit: "/s", contenders: [.vaultd]),
    ]
}

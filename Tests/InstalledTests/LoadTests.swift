// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultTestKit

/// What the service manager does to a service that is busy.
@Suite(.serialized, .needsMachine) struct LoadTests {
    /// Each of these is done within a second, start included.
    private static let verbs = ["reload", "restart", "stop", "start", "reload", "restart"]

    @Test(
        "Reload, restart and stop take less than a second each under load, and lose nothing",
        arguments: DebianSuite.allCases)
    func underLoad(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let stop = "\(Machine.files)/stop"
        machine.remove(stop)
        let id = "\(Machine.user)"
        let words = [
            "setpriv", "--reuid", id, "--regid", id, "--clear-groups", "python3", "/usr/local/bin/looping_client.py",
        ]
        let clients = ["load/file", "load/secret", "load/file", "load/secret"].map { name in
            Task { try await machine.command(words + [name, stop]).run() }
        }
        try await Task.sleep(for: .seconds(1))
        for verb in Self.verbs {
            let start = ContinuousClock.now
            try await machine.succeed("systemctl", verb, "vaultd.service")
            let duration = ContinuousClock.now - start
            #expect(duration < .seconds(1), "\(verb) took \(duration)\n\(machine.journal())")
            try await Task.sleep(for: .milliseconds(500))
        }
        try machine.write("", to: stop)
        var records: [Int64] = []
        for client in clients {
            let result = try await client.value
            #expect(result.status == .exited(0), "\(result.text)\(result.errorText)")
            records += result.text.matches(of: /grant ([0-9]+)/).compactMap { Int64($0.1) }
        }
        #expect(records.count > 100)
        #expect(Set(records).count == records.count, "each descriptor has a record of its own")
        let list = try await machine.succeed(
            "vault", "audit", "list", "--type", "grant", "--uid", "\(Machine.user)", "--output", "jsonl")
        let logged = try Set(
            list.text.split(separator: "\n").compactMap { try JSONValue(parsing: String($0))["index"]?.integer })
        let lost = Set(records).subtracting(logged)
        #expect(lost.isEmpty, "received, but not in the log: \(lost.sorted().prefix(20))")
        let verified = try await machine.verifyLog()
        #expect(verified.status == .exited(0), "\(verified.text)\(verified.errorText)")
    }
}

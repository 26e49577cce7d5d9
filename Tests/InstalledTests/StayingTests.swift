// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

/// Units whose main process is `vault exec --on-renew --notify`, and what the service manager sees of them.
@Suite(.serialized, .needsMachine) struct StayingTests {
    private static let unit = "staying.service"
    private static let unitPath = "/etc/systemd/system/\(unit)"
    private static let policyPath = "/etc/vaultd/policies/staying.yaml"
    private static let secret = "\(Machine.files)/renewed.txt"
    private static let policy = """
        vault: 1
        capabilities:
          - { name: staying/secret, memory: { file: \(secret) } }
        rules:
          - { id: staying, permit: [open, watch], capability: staying/*, to: { unit: \(unit) } }

        """

    /// The unit as the manager sees it.
    private struct Seen {
        let mainPID: String
        /// Of the service, beneath the parent.
        let pid: String
        let reads: Int
        let secret: String
    }

    /// Runs `body` while the unit runs, with the first secret.
    private func serving(
        _ suite: DebianSuite, onRenew: String, _ settings: String = "Type=notify",
        _ body: (Machine) async throws -> Void
    ) async throws {
        let machine = try await Machine.running(suite)
        try machine.write("first\n", to: Self.secret, mode: 0o600)
        try machine.write(Self.policy, to: Self.policyPath)
        try machine.write(
            """
            [Service]
            \(settings)
            NotifyAccess=main
            User=tester
            ExecStart=/usr/local/bin/vault exec --on-renew \(onRenew) --notify --env SECRET=staying/secret \
            -- /usr/bin/python3 /usr/local/bin/renewing.py

            """, to: Self.unitPath)
        try await machine.succeed("systemctl", "daemon-reload")
        try await machine.succeed("systemctl", "reload", "vaultd.service")
        let outcome: Result<Void, any Error>
        do {
            // Returns when the service has said that it is ready.
            try await machine.succeed("systemctl", "start", Self.unit)
            outcome = .success(try await body(machine))
        } catch {
            outcome = .failure(error)
        }
        try await machine.run("systemctl", "stop", Self.unit)
        try await machine.run("systemctl", "reset-failed", Self.unit)
        machine.remove(Self.unitPath)
        machine.remove(Self.policyPath)
        try await machine.succeed("systemctl", "daemon-reload")
        try await machine.succeed("systemctl", "reload", "vaultd.service")
        try outcome.get()
    }

    private func seen(_ machine: Machine) async throws -> Seen {
        let words = try await machine.property("StatusText", of: Self.unit)
            .split(separator: " ", maxSplits: 2).map(String.init)
        try #require(words.count == 3, "\(words)\n\(machine.journal())")
        return Seen(
            mainPID: try await machine.property("MainPID", of: Self.unit), pid: words[0],
            reads: try #require(Int(words[1])), secret: words[2])
    }

    private func replace(_ text: String, on machine: Machine) async throws {
        try machine.write("\(text)\n", to: "\(Self.secret).new", mode: 0o600)
        try await machine.succeed("mv", "\(Self.secret).new", Self.secret)
    }

    /// Waits until the service has read that, and the manager has seen the end of the reload.
    private func waitFor(_ secret: String, on machine: Machine) async throws -> Seen {
        try await waitUntil("the service has read '\(secret)': \(machine.journal())", limit: .seconds(30)) {
            guard try await machine.property("SubState", of: Self.unit) == "running" else { return false }
            return try await seen(machine).secret == secret
        }
        return try await seen(machine)
    }

    private func areGone(_ pids: String..., on machine: Machine) async throws -> Bool {
        try await !machine.run("sh", "-c", "ls -d \(pids.map { "/proc/\($0)" }.joined(separator: " "))").text.contains(
            "/")
    }

    @Test(
        "The service gets its signal and the new content; its manager sees one main process, the parent",
        arguments: DebianSuite.allCases)
    func signals(_ suite: DebianSuite) async throws {
        try await serving(suite, onRenew: "HUP") { machine in
            let first = try await seen(machine)
            #expect(first.secret == "first" && first.reads == 1)
            #expect(first.mainPID != first.pid, "MAINPID= of the service is not passed on")
            let parent = try await machine.succeed("ps", "-o", "ppid=,user=", "-p", first.pid).text
            #expect(parent.split(whereSeparator: \.isWhitespace).map(String.init) == [first.mainPID, "tester"])

            let changed = try await machine.property("StateChangeTimestampMonotonic", of: Self.unit)
            try await replace("second", on: machine)
            let second = try await waitFor("second", on: machine)
            #expect(second.mainPID == first.mainPID && second.pid == first.pid && second.reads == 2)
            // RELOADING=1 came from the service.
            #expect(try await machine.property("StateChangeTimestampMonotonic", of: Self.unit) != changed)

            // Both end by one stop, and the service has said so.
            try await machine.succeed("systemctl", "stop", Self.unit)
            #expect(try await machine.property("Result", of: Self.unit) == "success", "\(machine.journal())")
            #expect(try await machine.property("ExecMainStatus", of: Self.unit) == "0")
            #expect(try await areGone(second.pid, second.mainPID, on: machine))
        }
    }

    @Test("With exec the service is run anew beneath the same main process", arguments: DebianSuite.allCases)
    func runsAnew(_ suite: DebianSuite) async throws {
        try await serving(suite, onRenew: "exec") { machine in
            let first = try await seen(machine)
            try await replace("second", on: machine)
            let second = try await waitFor("second", on: machine)
            #expect(second.mainPID == first.mainPID && second.pid != first.pid && second.reads == 1)
            #expect(try await machine.property("NRestarts", of: Self.unit) == "0")
            #expect(try await machine.property("ActiveState", of: Self.unit) == "active")
            #expect(try await areGone(first.pid, on: machine))
            try await machine.succeed("systemctl", "stop", Self.unit)
            #expect(try await machine.property("Result", of: Self.unit) == "success", "\(machine.journal())")
        }
    }

    @Test(
        "A vault that is started anew is survived, and what was renewed meanwhile arrives",
        arguments: DebianSuite.allCases)
    func brokerRestart(_ suite: DebianSuite) async throws {
        try await serving(suite, onRenew: "HUP") { machine in
            let first = try await seen(machine)
            try await machine.succeed("systemctl", "restart", "vaultd.service")
            try await machine.succeed("systemctl", "stop", "vaultd.service")
            try await replace("second", on: machine)
            try await machine.succeed("systemctl", "start", "vaultd.service")
            let second = try await waitFor("second", on: machine)
            #expect(second.mainPID == first.mainPID && second.pid == first.pid && second.reads == 2)
            #expect(try await machine.property("NRestarts", of: Self.unit) == "0")
        }
    }

    @Test(
        "When the parent is killed the service ends with it, and the unit has failed", arguments: DebianSuite.allCases)
    func parentKilled(_ suite: DebianSuite) async throws {
        try await serving(suite, onRenew: "HUP") { machine in
            let first = try await seen(machine)
            try await machine.succeed("kill", "-KILL", first.mainPID)
            try await waitUntil("the unit has failed") {
                try await machine.property("ActiveState", of: Self.unit) == "failed"
            }
            #expect(try await machine.property("Result", of: Self.unit) == "signal")
            #expect(try await areGone(first.pid, on: machine))
        }
    }

    @Test("With notify-reload the manager's own reload is the signal, and the service's answer ends it")
    func notifyReload() async throws {
        // systemd 253 and later.
        try await serving(.sid, onRenew: "HUP", "Type=notify-reload") { machine in
            let first = try await seen(machine)
            // Returns when the service has said that it is ready again.
            try await machine.succeed("systemctl", "reload", Self.unit)
            let second = try await seen(machine)
            #expect(second.reads == 2 && second.pid == first.pid && second.mainPID == first.mainPID)
            try await replace("second", on: machine)
            _ = try await waitFor("second", on: machine)
        }
    }
}

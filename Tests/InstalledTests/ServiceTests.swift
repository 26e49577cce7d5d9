// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

/// The service and its manager: how it starts, what it says, and what happens when it does not.
@Suite(.serialized, .needsMachine) struct ServiceTests {
    @Test("The first who connects to the socket starts the service", arguments: DebianSuite.allCases)
    func startBySocket(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try await machine.succeed("systemctl", "stop", "vaultd.service", "vaultd.socket")
        try await machine.succeed("systemctl", "start", "vaultd.socket")
        #expect(try await machine.property("ActiveState") == "inactive")
        let answer = try await machine.succeed("vault", "whoami")
        #expect(answer.text.contains("0"))
        #expect(try await machine.property("ActiveState") == "active")
    }

    @Test("Starting the service starts its socket, and is done when it serves", arguments: DebianSuite.allCases)
    func startByService(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try await machine.succeed("systemctl", "stop", "vaultd.socket", "vaultd.service")
        #expect(try await machine.run("test", "-e", "/run/vaultd/vault.sock").status != .exited(0))
        try await machine.succeed("systemctl", "start", "vaultd.service")
        #expect(try await machine.property("SubState") == "running")
        #expect(try await machine.property("ActiveState", of: "vaultd.socket") == "active")
        #expect(try await machine.property("StatusText") != "", "what STATUS= says")
        try await machine.succeed("vault", "status")
    }

    @Test("The service manager is told of a reload that somebody else asks for", arguments: DebianSuite.allCases)
    func reloading(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let before = try await machine.property("StateChangeTimestampMonotonic")
        let pid = try await machine.property("MainPID")
        // Not through the manager: only RELOADING=1 tells it, and only READY=1 ends it.
        try await machine.succeed("kill", "-HUP", pid)
        _ = try await machine.waitForChange(of: "StateChangeTimestampMonotonic", from: before)
        if try await machine.property("SubState") != "running" {
            _ = try await machine.waitForChange(of: "SubState", from: "reload")
        }
        #expect(try await machine.property("SubState") == "running")
        #expect(try await machine.property("MainPID") == pid)
    }

    @Test("A reload by the service manager fails when the policy is refused", arguments: DebianSuite.allCases)
    func refusedPolicy(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try machine.write(
            "vault: 1\nrules:\n  - { id: wrong, permit: [opne] }\n", to: "/etc/vaultd/policies/wrong.yaml")
        let refused = try await machine.run("systemctl", "reload", "vaultd.service")
        machine.remove("/etc/vaultd/policies/wrong.yaml")
        #expect(refused.status == .exited(1), "\(refused.errorText)")
        #expect(try await machine.property("ActiveState") == "active")
        #expect(try await machine.run("vault", "cat", "load/file").text == Machine.text, "what was in force still is")
        try await machine.succeed("systemctl", "reload", "vaultd.service")
    }

    @Test("A daemon that hangs is started anew; one that lives gives signs of it", arguments: DebianSuite.allCases)
    func watchdog(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        #expect(try await machine.property("WatchdogUSec") != "0", "as installed")
        try await machine.withSettings("WatchdogSec=1s") {
            let pid = try await machine.property("MainPID")
            try await Task.sleep(for: .seconds(3))
            #expect(try await machine.property("MainPID") == pid, "\(machine.journal())")
            try await machine.succeed("kill", "-STOP", pid)
            let next = try await machine.waitForChange(of: "MainPID", from: pid)
            let running = next == "0" ? try await machine.waitForChange(of: "MainPID", from: "0") : next
            #expect(running != pid)
            #expect(try await machine.run("vault", "cat", "load/file").text == Machine.text)
        }
    }

    @Test("After a crash the service manager starts it, and the log goes on", arguments: DebianSuite.allCases)
    func crash(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        for _ in 0..<3 {
            let pid = try await machine.property("MainPID")
            try await machine.succeed("kill", "-KILL", pid)
            // Whoever connects meanwhile waits: the socket is the manager's.
            #expect(try await machine.run("vault", "cat", "load/file").text == Machine.text, "\(machine.journal())")
            #expect(try await machine.property("MainPID") != pid)
        }
        let verified = try await machine.verifyLog()
        #expect(verified.status == .exited(0), "\(verified.text)\(verified.errorText)")
        #expect(try await machine.property("ActiveState") == "active")
    }
}

// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import VaultTestKit

/// What goes wrong with an installed service, as its administrator finds it: `vault status` says what it is, and what to do
/// about it helps.
@Suite(.serialized, .needsMachine) struct BrokenInstallationTests {
    /// `vault status` names the problem and the remedy. It ends with 3 where no broker runs.
    private func expectStatus(_ machine: Machine, says problem: String, try remedy: String) async throws {
        var text = ""
        // A service that fails to start is tried again by its manager, and is in between for a moment.
        for _ in 0..<40 {
            let status = try await machine.run("vault", "status")
            text = status.text + status.errorText
            if text.contains(problem), text.contains(remedy) { return }
            try await Task.sleep(for: .milliseconds(250))
        }
        Issue.record("\(problem) / \(remedy): \(text)\n\(machine.journal())")
    }

    private func expectHealthy(_ machine: Machine) async throws {
        try await machine.run("systemctl", "reset-failed", "vaultd.service", "vaultd.socket")
        try await machine.succeed("systemctl", "restart", "vaultd.socket", "vaultd.service")
        try await machine.succeed("vault", "status")
        #expect(try await machine.run("vault", "cat", "load/file").text == Machine.text, "\(machine.journal())")
    }

    @Test("The user of the service is missing", arguments: DebianSuite.allCases)
    func noUser(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try await machine.succeed("systemctl", "stop", "vaultd.service")
        try await machine.succeed("userdel", "vaultd")
        try await machine.run("systemctl", "start", "vaultd.service")
        try await expectStatus(
            machine, says: "the user of vaultd.service does not exist", try: "systemd-sysusers")
        let doctor = try await machine.run("vault", "doctor")
        #expect(doctor.text.contains("there is no user 'vaultd' (run-as"), "\(doctor.text)")
        #expect(!doctor.text.contains("chown"), "whose the state should be is not known: \(doctor.text)")
        try await machine.succeed("systemd-sysusers")
        try await expectHealthy(machine)
    }

    @Test("A file of the state belongs to root, as after a start by hand", arguments: DebianSuite.allCases)
    func wrongOwner(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try await machine.succeed("systemctl", "stop", "vaultd.service")
        try await machine.succeed(
            "sh", "-c", "chown root:root /var/lib/vaultd/ledger.db && chmod 0600 /var/lib/vaultd/*")
        try await machine.run("systemctl", "start", "vaultd.service")
        try await expectStatus(
            machine, says: "cannot open the ledger /var/lib/vaultd/ledger.db", try: "check who may write the file")
        try await machine.succeed("chown", "-R", "vaultd:", "/var/lib/vaultd")
        try await expectHealthy(machine)
    }

    @Test("The opener has no roots", arguments: DebianSuite.allCases)
    func noRoots(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let kept = try machine.read("/etc/vaultd/vaultd.yaml")
        try machine.write("run-as: vaultd\n", to: "/etc/vaultd/vaultd.yaml")
        try await machine.run("systemctl", "restart", "vaultd.service")
        try await expectStatus(
            machine, says: "opener.roots", try: "name the directories beneath which files may be opened")
        try machine.write(kept, to: "/etc/vaultd/vaultd.yaml")
        try await expectHealthy(machine)
    }

    @Test("Something lies where the socket is to be", arguments: DebianSuite.allCases)
    func socketPathTaken(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try await machine.succeed("systemctl", "stop", "vaultd.socket", "vaultd.service")
        try await machine.succeed("mkdir", "-p", "/run/vaultd/vault.sock/taken")
        try await machine.run("systemctl", "start", "vaultd.socket")
        try await expectStatus(machine, says: "vaultd.socket cannot listen", try: "free the path")
        try await machine.succeed("rm", "-r", "/run/vaultd/vault.sock")
        try await expectHealthy(machine)
    }

    @Test("A filter of system calls hides openat2(2) from the opener", arguments: DebianSuite.allCases)
    func noOpenat2(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let dropIn = "/etc/systemd/system/vaultd-opener@.service.d/tests.conf"
        try machine.write("[Service]\nRestrictSUIDSGID=yes\n", to: dropIn)
        try await machine.succeed("systemctl", "daemon-reload")
        try await machine.succeed("systemctl", "restart", "vaultd.service")
        try await expectStatus(machine, says: "openat2(2)", try: "RestrictSUIDSGID=")
        machine.remove(dropIn)
        try await machine.succeed("systemctl", "daemon-reload")
        try await expectHealthy(machine)
    }
}

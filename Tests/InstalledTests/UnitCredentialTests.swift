// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

/// Units that get their credentials from the vault: by one line in them, from the service manager itself.
@Suite(.serialized, .needsMachine) struct UnitCredentialTests {
    private static let socket = "/run/vaultd/credentials.sock"
    private static let socketUnit = "vaultd-credentials.socket"
    private static let policyPath = "/etc/vaultd/policies/credentials.yaml"
    private static let policy = """
        vault: 1
        capabilities:
          - { name: services/app.service/key, memory: { file: \(Machine.files)/secret.txt } }
          - { name: services/app.service/each, memory: { file: \(Machine.files)/secret.txt }, open: each-grant }
          - { name: services/app.service/file, file: { path: \(Machine.files)/file.txt, rights: [read] }, open: each-grant }
          - { name: services/app.service/denied, memory: { file: \(Machine.files)/secret.txt } }
          - { name: services/app@x+5Cx2dy.service/key, memory: { file: \(Machine.files)/secret.txt } }
        rules:
          - { id: app, permit: [open], capability: services/app.service/*, to: { uid: 0, unit: app.service } }
          - { id: never, forbid: [open], capability: services/app.service/denied, to: { unit: app.service } }

        """

    /// Runs `body` while the socket is there, and what the policy above declares.
    private func serving(_ suite: DebianSuite, _ body: (Machine) async throws -> Void) async throws {
        let machine = try await Machine.running(suite)
        let configuration = try machine.read("/etc/vaultd/vaultd.yaml")
        func apply() async throws {
            try await machine.succeed("systemctl", "daemon-reload")
            try await machine.succeed("systemctl", "restart", "vaultd.service")
        }
        try machine.write(
            configuration + "\ncredentials-socket: { path: \(Self.socket) }\n", to: "/etc/vaultd/vaultd.yaml")
        try machine.write(Self.policy, to: Self.policyPath)
        let outcome: Result<Void, any Error>
        do {
            try await machine.succeed("systemctl", "stop", "vaultd.service")
            try await machine.succeed("systemctl", "start", Self.socketUnit)
            try await apply()
            outcome = .success(try await body(machine))
        } catch {
            outcome = .failure(error)
        }
        machine.remove(Self.policyPath)
        try machine.write(configuration, to: "/etc/vaultd/vaultd.yaml")
        try await machine.succeed("systemctl", "stop", Self.socketUnit)
        try await apply()
        try outcome.get()
    }

    private struct Outcome {
        let isStarted: Bool
        /// `ExecMainStatus`: 243 where the step CREDENTIALS failed.
        let status: String
        /// What the unit saw.
        let got: String
    }

    /// Starts a unit that copies its credential to where the test reads it.
    private func start(
        _ credential: String, _ settings: String = "", unit: String = "app.service", on machine: Machine
    ) async throws -> Outcome {
        try await machine.run("rm", "-f", "/run/got")
        try machine.write(
            """
            [Service]
            Type=oneshot
            LoadCredential=\(credential):\(Self.socket)
            \(settings)
            # What is read before it is written is not left behind by another.
            ExecStart=/bin/sh -c 'cat "$CREDENTIALS_DIRECTORY/\(credential)"'
            StandardOutput=file:/run/got

            """, to: "/etc/systemd/system/\(unit)")
        try await machine.succeed("systemctl", "daemon-reload")
        let result = try await machine.run("timeout", "60", "systemctl", "start", unit)
        let status = try await machine.property("ExecMainStatus", of: unit)
        let got = try await machine.run("cat", "/run/got").text
        try await machine.run("systemctl", "reset-failed", unit)
        machine.remove("/etc/systemd/system/\(unit)")
        return Outcome(isStarted: result.status.isSuccess, status: status, got: got)
    }

    /// "is not started" says what the unit did not do, too.
    private func expectNotStarted(
        _ outcome: Outcome, _ machine: Machine, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(
            !outcome.isStarted && outcome.status == "243" && outcome.got == "", "\(outcome)\n\(machine.journal())",
            sourceLocation: sourceLocation)
    }

    @Test("A unit gets the content, whoever it runs as", arguments: DebianSuite.allCases)
    func gets(_ suite: DebianSuite) async throws {
        try await serving(suite) { machine in
            for (credential, settings, content) in [
                ("key", "", Machine.secret), ("each", "", Machine.secret), ("file", "", Machine.text),
                ("key", "DynamicUser=yes", Machine.secret), ("key", "User=tester\nPrivateTmp=yes", Machine.secret),
                ("key", "ExecStartPre=/bin/true", Machine.secret),
            ] {
                let outcome = try await start(credential, settings, on: machine)
                #expect(outcome.isStarted && outcome.got == content, "\(settings): \(outcome)\n\(machine.journal())")
            }
            let escaped = try await start("key", unit: "app@x\\x2dy.service", on: machine)
            #expect(escaped.isStarted && escaped.got == Machine.secret, "\(escaped)\n\(machine.journal())")
            let records = try await machine.succeed("vault", "audit", "list", "--type", "grant", "-o", "jsonl").text
            #expect(records.contains("\"unit\":\"app.service\"") && records.contains("\"delivery\":\"content\""))
            let listed = try await machine.succeed("vault", "credentials", "app.service").text
            #expect(listed.contains("services/app.service/key") && listed.contains("a rule forbids it"), "\(listed)")
        }
    }

    @Test(
        "One that is not permitted, or that there is not, keeps the unit from starting; the journal says why",
        arguments: DebianSuite.allCases)
    func refused(_ suite: DebianSuite) async throws {
        try await serving(suite) { machine in
            for (credential, why) in [
                ("denied", "not permitted: a rule forbids it"), ("missing", "there is no such capability"),
            ] {
                expectNotStarted(try await start(credential, on: machine), machine)
                let journal = try await machine.succeed("journalctl", "--no-pager", "-n", "20", "-u", "vaultd.service")
                    .text
                #expect(journal.contains("a unit gets no credential") && journal.contains(why), "\(journal)")
                #expect(journal.contains("unit=app.service") && journal.contains("credential=\(credential)"))
            }
        }
    }

    @Test(
        "Where nobody listens the unit is not started; where the socket is, the daemon is",
        arguments: DebianSuite.allCases)
    func absent(_ suite: DebianSuite) async throws {
        try await serving(suite) { machine in
            try await machine.succeed("systemctl", "stop", "vaultd.service")
            let activating = try await start("key", on: machine)
            #expect(activating.got == Machine.secret, "\(activating)\n\(machine.journal())")
            #expect(try await machine.property("ActiveState") == "active")
            try await machine.succeed("systemctl", "stop", Self.socketUnit, "vaultd.socket", "vaultd.service")
            expectNotStarted(try await start("key", on: machine), machine)
            let stale = "import socket; socket.socket(socket.AF_UNIX).bind('\(Self.socket)')"
            try await machine.succeed("python3", "-c", stale)
            expectNotStarted(try await start("key", on: machine), machine)
            try await machine.succeed("rm", Self.socket)
            try await machine.succeed("systemctl", "start", "vaultd.socket", Self.socketUnit)
        }
    }

    @Test(
        "An opener that hangs, and a daemon that is killed meanwhile, keep the unit from starting",
        arguments: DebianSuite.allCases)
    func hanging(_ suite: DebianSuite) async throws {
        try await serving(suite) { machine in
            func signal(_ name: String) async throws {
                try await machine.succeed("systemctl", "kill", "--signal=\(name)", "vaultd-opener@*.service")
            }
            let first = try await start("each", on: machine)
            #expect(first.isStarted, "the opener is there\n\(machine.journal())")
            let kept = try await machine.property("NFileDescriptorStore")
            try await signal("STOP")
            let hung = try await start("each", on: machine)
            try await signal("CONT")
            expectNotStarted(hung, machine)

            try await signal("STOP")
            let pid = try await machine.property("MainPID")
            let killer = machine.command(["sh", "-c", "sleep 1; kill -9 \(pid)"])
            async let killed = killer.run()
            let interrupted = try await start("each", on: machine)
            _ = try await killed
            try? await signal("CONT")
            expectNotStarted(interrupted, machine)
            #expect(try await machine.property("NRestarts") != "0")
            let after = try await start("each", on: machine)
            #expect(after.isStarted && after.got == Machine.secret, "\(after)\n\(machine.journal())")
            #expect(try await machine.property("NFileDescriptorStore") == kept, "nothing of it is kept")
        }
    }

    @Test("Units of a boot that all ask at once all start", arguments: DebianSuite.allCases)
    func crowd(_ suite: DebianSuite) async throws {
        try await serving(suite) { machine in
            let policy = "/etc/vaultd/policies/crowd.yaml"
            let units = (1...100).map { "crowd@\($0).service" }
            let capabilities = units.map {
                "  - { name: services/\($0)/key, memory: { file: \(Machine.files)/secret.txt } }\n"
            }
            try machine.write("vault: 1\ncapabilities:\n\(capabilities.joined())", to: policy)
            try machine.write(
                """
                [Service]
                Type=oneshot
                LoadCredential=key:\(Self.socket)
                ExecStart=/bin/sh -c 'cmp "$CREDENTIALS_DIRECTORY/key" \(Machine.files)/secret.txt'

                """, to: "/etc/systemd/system/crowd@.service")
            try await machine.succeed("systemctl", "daemon-reload")
            try await machine.succeed("systemctl", "reload", "vaultd.service")
            let result = try await machine.command(["systemctl", "start"] + units).run()
            machine.remove("/etc/systemd/system/crowd@.service")
            machine.remove(policy)
            #expect(result.status.isSuccess, "\(result.errorText)\n\(machine.journal())")
        }
    }

    @Test(
        "A disk that is full keeps the unit from starting; one with room again does not",
        arguments: DebianSuite.allCases)
    func fullDisk(_ suite: DebianSuite) async throws {
        try await serving(suite) { machine in
            let state = "/var/lib/vaultd"
            try await machine.succeed("systemctl", "stop", "vaultd.service")
            try await machine.succeed("mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", state)
            try await machine.succeed("chown", "vaultd:vaultd", state)
            try await machine.succeed("systemctl", "start", "vaultd.service")
            let before = try await start("key", on: machine)
            var last = before
            for _ in 0..<12 where last.isStarted {
                try await machine.run("sh", "-c", "cat /dev/zero >> \(state)/ballast")
                last = try await start("key", on: machine)
            }
            try await machine.run("rm", "\(state)/ballast")
            var after = last
            for _ in 0..<20 where !after.isStarted {
                try await Task.sleep(for: .seconds(1))
                after = try await start("key", on: machine)
            }
            try await machine.run("systemctl", "stop", "vaultd.service")
            try await machine.succeed("umount", state)
            try await machine.succeed("systemctl", "start", "vaultd.service")
            #expect(before.isStarted && before.got == Machine.secret, "\(before)")
            expectNotStarted(last, machine)
            #expect(after.isStarted && after.got == Machine.secret, "\(after)\n\(machine.journal())")
        }
    }

    @Test("A user's own service manager is served by the user's own vault", arguments: DebianSuite.allCases)
    func userManager(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let home = "/home/tester"
        let runtime = "/run/user/\(Machine.user)"
        try machine.write(
            "credentials-socket: { path: \(runtime)/vaultd/credentials.sock }\n",
            to: "\(home)/.config/vaultd/vaultd.yaml")
        try machine.write("the user's own\n", to: "\(home)/own.txt", mode: 0o600)
        try machine.write(
            """
            vault: 1
            capabilities:
              - { name: services/app.service/key, memory: { file: \(home)/own.txt } }

            """, to: "\(home)/.config/vaultd/policies/own.yaml")
        try machine.write(
            "[Service]\nType=notify\nExecStart=/usr/local/sbin/vaultd\nFileDescriptorStoreMax=64\n",
            to: "\(home)/.config/systemd/user/vaultd.service")
        for unit in ["app", "other"] {
            try machine.write(
                """
                [Service]
                Type=oneshot
                LoadCredential=key:\(runtime)/vaultd/credentials.sock
                ExecStart=/bin/sh -c 'cat "$CREDENTIALS_DIRECTORY/key" > \(home)/got-\(unit)'

                """, to: "\(home)/.config/systemd/user/\(unit).service")
        }
        try await machine.succeed("chown", "-R", "tester:", home)
        let linger = try await machine.run("loginctl", "enable-linger", "tester")
        guard linger.status.isSuccess else { try Test.cancel("there are no user managers: \(linger.errorText)") }
        let manager = "user@\(Machine.user).service"
        for _ in 0..<50 where try await machine.property("ActiveState", of: manager) != "active" {
            try await Task.sleep(for: .milliseconds(100))
        }
        func user(_ command: String...) async throws -> CommandResult {
            let place = ["runuser", "-u", "tester", "--", "env", "XDG_RUNTIME_DIR=\(runtime)", "HOME=\(home)"]
            return try await machine.command(place + command).run()
        }
        let started = try await user("systemctl", "--user", "start", "vaultd.service")
        #expect(started.status.isSuccess, "\(started.errorText)\n\(machine.journal())")
        let app = try await user("systemctl", "--user", "start", "app.service")
        #expect(app.status.isSuccess, "\(app.errorText)\n\(machine.journal())")
        #expect(try machine.read("\(home)/got-app") == "the user's own\n")
        let other = try await user("systemctl", "--user", "start", "other.service")
        #expect(!other.status.isSuccess, "there is no such capability")
        let status = try await user("systemctl", "--user", "show", "--value", "-p", "ExecMainStatus", "other.service")
        #expect(status.text.trimmed == "243", "\(machine.journal())")
        let list = try await user("vault", "credentials", "app.service", "--user")
        #expect(
            list.text.contains("services/app.service/key") && list.text.contains("yes"), "\(list.text)\(list.errorText)"
        )
        try await machine.run("loginctl", "disable-linger", "tester")
        try await machine.run("systemctl", "stop", manager)
    }
}

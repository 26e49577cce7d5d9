// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import VaultTestKit

/// A service that is known by its unit alone, and others that say they are it.
@Suite(.serialized, .needsMachine) struct IdentityTests {
    /// The newest record of a type that a command line of `audit list` selects.
    private func newest(_ machine: Machine, _ selection: String...) async throws -> JSONValue {
        let arguments = ["vault", "audit", "list", "--output", "jsonl", "-n", "1"] + selection
        let list = try await machine.command(arguments).run()
        let line = try #require(list.text.split(separator: "\n").last, "\(arguments): \(list.errorText)")
        return try JSONValue(parsing: String(line))
    }

    @Test(
        "A service without a user, a network or files gets a file, a secret and a port, and writes its log",
        arguments: DebianSuite.allCases)
    func confinedService(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try machine.write(
            """
            [Service]
            DynamicUser=yes
            ProtectSystem=strict
            ProtectHome=yes
            PrivateNetwork=yes
            ExecStart=/usr/local/bin/vault exec --stdin tests/file --stdout tests/log:append --pass tests/port=web \
            --fd 5=tests/secret -- /usr/bin/python3 /usr/local/bin/reader.py
            """, to: "/etc/systemd/system/\(Machine.service)")
        try machine.write("", to: "\(Machine.files)/service.log", mode: 0o600)
        try await machine.succeed("systemctl", "daemon-reload")
        try await machine.succeed("systemctl", "start", Machine.service)
        let client =
            "import socket; s = socket.create_connection(('127.0.0.1', \(Machine.port)), 10); s.settimeout(10)\n"
            + "while data := s.recv(65536): print(data.decode(), end='')"
        let served = try await machine.run("python3", "-c", client)
        #expect(served.text == Machine.text + Machine.secret, "\(served.errorText)\(machine.journal())")
        if try await machine.property("ActiveState", of: Machine.service) == "active" {
            _ = try await machine.waitForChange(of: "ActiveState", from: "active", unit: Machine.service)
        }
        #expect(try await machine.property("Result", of: Machine.service) == "success", "\(machine.journal())")
        #expect(try machine.read("\(Machine.files)/service.log") == "serving web\nserved\n")
        let record = try await newest(machine, "--type", "grant", "--unit", Machine.service)
        let uid = try #require(record["peer"]?["uid"]?.integer, "\(record)")
        // The range of dynamic users.
        #expect((61184...65519).contains(uid), "\(record)")
    }

    @Test("A service of that name below a user's manager gets nothing", arguments: DebianSuite.allCases)
    func userService(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let home = "/home/tester/.config/systemd/user"
        try machine.write(
            "[Service]\nType=oneshot\nExecStart=/usr/local/bin/vault cat tests/file tests/secret\n",
            to: "\(home)/\(Machine.service)")
        try await machine.succeed("systemctl", "start", "user@\(Machine.user).service")
        let manager = [
            "setpriv", "--reuid", "\(Machine.user)", "--regid", "\(Machine.user)", "--clear-groups", "env",
            "XDG_RUNTIME_DIR=/run/user/\(Machine.user)", "HOME=/home/tester", "systemctl", "--user",
        ]
        func ask(_ words: String...) async throws -> CommandResult { try await machine.command(manager + words).run() }
        #expect(try await ask("daemon-reload").status == .exited(0))
        #expect(try await ask("start", Machine.service).status != .exited(0))
        let status = try await ask("show", "--value", "--property", "ExecMainStatus", Machine.service)
        #expect(status.text.trimmed == "1", "denied, and nothing else: \(status.text)\(machine.journal())")
        let denied = try await newest(machine, "--type", "deny", "--uid", "\(Machine.user)")
        #expect(denied["peer"]?["unit"]?.string == "user@\(Machine.user).service", "\(denied)")
        try await machine.succeed("systemctl", "stop", "user@\(Machine.user).service")
    }

    @Test(
        "A service that makes control groups of that name within its own gets nothing", arguments: DebianSuite.allCases,
        ["reader.service", "system.slice/reader.service", "-.slice/reader.service", "reader.service/init.scope"])
    func delegatedGroup(_ suite: DebianSuite, _ group: String) async throws {
        let machine = try await Machine.running(suite)
        let script = #"""
            own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
            mkdir -p "$own/\#(group)"
            echo $$ >"$own/\#(group)/cgroup.procs"
            cat /proc/self/cgroup
            vault cat tests/file
            """#
        try machine.write(script, to: "/usr/local/bin/liar", mode: 0o755)
        try machine.write(
            "[Service]\nType=oneshot\nDelegate=yes\nUser=tester\nExecStart=/bin/sh /usr/local/bin/liar\n",
            to: "/etc/systemd/system/liar.service")
        try await machine.succeed("systemctl", "daemon-reload")
        #expect(try await machine.run("systemctl", "start", "liar.service").status != .exited(0))
        #expect(try await machine.property("ExecMainStatus", of: "liar.service") == "1", "\(machine.journal())")
        let said = try await machine.run("journalctl", "--no-pager", "-o", "cat", "-u", "liar.service", "-n", "20").text
        #expect(said.contains("liar.service/\(group)\n"), "it did move: \(said)")
        #expect(!said.contains(Machine.text))
        let denied = try await newest(machine, "--type", "deny", "--uid", "\(Machine.user)")
        #expect(denied["peer"]?["unit"]?.string == "liar.service", "\(denied)")
    }
}

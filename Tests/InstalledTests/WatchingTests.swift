// SPDX-License-Identifier: Apache-2.0

import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// The numbers of an installed vault, for systemd and for Prometheus, and `vault doctor` where the units are not as they should be.
@Suite(.serialized, .needsMachine) struct WatchingTests {
    @Test("systemd finds the numbers where it looks for them, and takes them for its own kind")
    func report() async throws {
        let machine = try await Machine.running(.sid)
        try await machine.succeed("systemctl", "start", "vaultd.service")
        let report = "/run/systemd/report/io.vaultd.Broker"
        let list = try await machine.succeed("varlinkctl", "call", "--more", report, "io.systemd.Metrics.List", "{}")
        // A text sequence of JSON (RFC 7464): each begins with a record separator.
        let metrics = try list.text.split(separator: "\n").map {
            try JSONValue(parsing: String($0.drop { $0 == "\u{1E}" }))
        }
        #expect(metrics.count > 60)
        // What systemd-report takes: names that begin with that of the socket, with a field's name behind it.
        for metric in metrics {
            let name = metric["name"]?.string ?? ""
            #expect(name.wholeMatch(of: /io\.vaultd\.Broker\.[A-Za-z](_?[A-Za-z0-9])*/) != nil, "\(name)")
        }
        let log = metrics.first { $0["name"] == "io.vaultd.Broker.healthy" && $0["fields"]?["part"] == "log" }
        #expect(log?["value"] == 1)
        let described = try await machine.succeed(
            "varlinkctl", "call", "--more", report, "io.systemd.Metrics.Describe", "{}")
        #expect(described.text.contains(#""name":"io.vaultd.Broker.grants_total""#))
        let registry = try await machine.succeed("varlinkctl", "list-registry").text
        for name in ["Broker", "Admin", "Audit"] { #expect(registry.contains("io.vaultd.\(name)"), "\(registry)") }
        let text = try await machine.succeed("varlinkctl", "introspect", report, "io.systemd.Metrics").text
        try machine.write(text, to: "/srv/metrics.varlink")
        try await machine.succeed("varlinkctl", "validate-idl", "/srv/metrics.varlink")
    }

    @Test(
        "The port that the service manager makes is served by a service without a network",
        arguments: DebianSuite.allCases)
    func port(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        // As the article has it.
        try await machine.succeed("systemctl", "stop", "vaultd.socket", "vaultd.service")
        try await machine.succeed(
            "systemctl", "enable", "--now", "vaultd-metrics.socket", "vaultd.socket", "vaultd.service")
        let script = """
            import urllib.request
            r = urllib.request.urlopen('http://127.0.0.1:9469/metrics')
            print(r.headers['Content-Type'].split(';')[0], r.read().decode().endswith('# EOF\\n'))
            """
        for _ in 0..<2 {
            let answer = try await machine.succeed(
                "setpriv", "--reuid=65534", "--clear-groups", "python3", "-c", script)
            #expect(answer.text == "application/openmetrics-text True\n")
            try await machine.succeed("systemctl", "restart", "vaultd.service")
        }
        try await machine.succeed("systemctl", "disable", "--now", "vaultd-metrics.socket")
        try await machine.succeed("systemctl", "restart", "vaultd.service")
        try await machine.succeed("test", "-s", "/usr/local/share/vaultd/monitoring/alerts.yaml")
    }

    @Test(
        "Nothing is wrong with what was installed; what was changed of its units is told",
        arguments: DebianSuite.allCases)
    func doctor(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        try await machine.succeed("systemctl", "restart", "vaultd.socket", "vaultd.service")
        let right = try await machine.run("vault", "doctor", "--output", "json")
        #expect(right.status == .exited(0), "\(right.text)\(right.errorText)")
        // The policy of these tests has a warning, which is told once, and as no more than that.
        #expect(right.text.ranges(of: "can turn 'append' into").count == 1, "\(right.text)")

        try await machine.withSettings("LimitNOFILE=1024\nFileDescriptorStoreMax=0") {
            let wrong = try await machine.run("vault", "doctor")
            #expect(wrong.status == .exited(5))
            for said in ["may have 1024 descriptors", "outlive no restart", "vaultd.service is not as it is shipped"] {
                #expect(wrong.text.contains(said), "\(wrong.text)")
            }
        }
        try await machine.succeed("systemctl", "disable", "vaultd.socket", "vaultd.service")
        let disabled = try await machine.run("vault", "doctor")
        #expect(disabled.text.contains("neither vaultd.socket nor vaultd.service is enabled"), "\(disabled.text)")
        try await machine.succeed("systemctl", "enable", "vaultd.socket", "vaultd.service")

        let kept = try machine.read("/etc/vaultd/vaultd.yaml")
        try machine.write(kept + "nonsense: yes\n", to: "/etc/vaultd/vaultd.yaml")
        let settings = try await machine.run("vault", "doctor")
        try machine.write(kept, to: "/etc/vaultd/vaultd.yaml")
        #expect(settings.status == .exited(5) && settings.text.contains("nonsense"), "\(settings.text)")

        try await machine.succeed("systemctl", "stop", "vaultd-opener.socket")
        let missing = try await machine.run("vault", "doctor")
        #expect(missing.status == .exited(5), "\(missing.text)")
        #expect(missing.text.contains("vaultd-opener.socket is inactive: nothing new can be opened"), "\(missing.text)")
        try await machine.succeed("systemctl", "restart", "vaultd-opener.socket")
        #expect(try await machine.run("vault", "doctor").status == .exited(0), "the remedy helps")

        try await machine.succeed("systemctl", "stop", "vaultd.socket", "vaultd.service")
        let stopped = try await machine.run("vault", "doctor")
        #expect(stopped.status == .exited(3), "\(stopped.text)")
        #expect(stopped.text.contains("systemctl start vaultd"), "\(stopped.text)")

        let state = "/var/lib/vaultd"
        try await machine.succeed("mount", "-t", "tmpfs", "-o", "ro,mode=0700", "tmpfs", state)
        try await machine.run("systemctl", "start", "vaultd.service")
        let readOnly = try await machine.run("vault", "doctor")
        try await machine.run("systemctl", "stop", "vaultd.socket", "vaultd.service")
        try await machine.succeed("umount", state)
        #expect(readOnly.status == .exited(3), "\(readOnly.text)")
        #expect(
            readOnly.text.contains("the file system of the log is read-only\nTry: mount it for writing"),
            "\(readOnly.text)")
        try await machine.run("systemctl", "reset-failed", "vaultd.service", "vaultd.socket")
        try await machine.succeed("systemctl", "start", "vaultd.socket", "vaultd.service")
    }
}

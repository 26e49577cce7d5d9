// SPDX-License-Identifier: Apache-2.0

import DaemonSettings
import PolicyFiles
import Testing
import VaultModel

@Suite("The configuration of the daemon")
struct DaemonConfigurationTests {
    @Test("Every value has its place")
    func values() {
        let text = """
            socket: { path: /run/v.sock, mode: "0600" }
            state: /var/lib/vaultd
            policies: /etc/vaultd/policies
            run-as: vaultd
            opener: { roots: [/var/log, /], timeout: 5s, workers: 4, helpers: /bin/x }
            limits: { connections: 4096, connections-per-uid: 1024, message: 1MiB, idle: 0, half-message: 10s }
            audit:
              durability: full
              checkpoint: { records: 1000, every: 10s }
              origin: host/audit
            log: { level: debug, format: json }
            """
        let (settings, problems) = DaemonConfiguration.read(path: "v.yaml", text: text)
        #expect(problems.isEmpty)
        #expect(settings.socket.path == Setting("/run/v.sock", place: Place(path: "v.yaml", line: 1, column: 17)))
        #expect(settings.socket.mode?.value == 0o600)
        #expect(settings.state?.value == "/var/lib/vaultd" && settings.policies?.place.line == 3)
        #expect(settings.runAs?.value == "vaultd")
        #expect(settings.opener.roots?.value == ["/var/log", "/"] && settings.opener.helpers?.value == ["/bin/x"])
        #expect(settings.opener.timeoutUSec?.value == 5_000_000 && settings.opener.workers?.value == 4)
        #expect(settings.limits.messageBytes?.value == 1 << 20 && settings.limits.idleUSec?.value == 0)
        #expect(settings.limits.halfMessageUSec?.value == 10_000_000)
        #expect(settings.limits.connections?.value == 4096 && settings.limits.connectionsPerUID?.value == 1024)
        #expect(settings.audit.durability?.value == .full && settings.audit.checkpointEveryUSec?.value == 10_000_000)
        #expect(settings.audit.origin?.value == "host/audit" && settings.audit.checkpointRecords?.place.column == 26)
        #expect(settings.log.level?.value == .debug && settings.log.format?.value == .json)
    }

    @Test("An empty file says nothing", arguments: ["", "# only a comment\n"])
    func empty(text: String) {
        let (settings, problems) = DaemonConfiguration.read(path: "v.yaml", text: text)
        #expect(problems.isEmpty && settings == DaemonConfiguration())
    }

    @Test(
        "Each mistake is reported with place and remedy",
        arguments: [
            Mistake("sockets: {}", "1:1 'sockets' is not a key of the configuration; did you mean 'socket'?"),
            Mistake(
                "socket: { port: 1 }", "1:11 'port' is not a key of 'socket'; 'socket' has the keys path, mode"),
            Mistake("state: var", "1:8 'var' is not an absolute path; write the path from '/' on"),
            Mistake("socket: /run/x", "1:9 'socket' is the text '/run/x'; write a mapping with the keys path, mode"),
            Mistake(
                "notify-socket: { path: /run/n.sock }",
                "1:16 'notify-socket' has no 'prefix'; write path: /run/vaultd/notify.sock and "
                    + #"prefix: "services/{unit}""#),
            Mistake(
                "credentials-socket: { names: \"services/{unit}\" }",
                "1:30 '{credential}' does not stand in it once, or '{unit}' more than once; write the names as in "
                    + "services/{unit}/{credential}"),
            Mistake("opener: { timeout: 0 }", "1:20 the time is 0; write a time such as 5s"),
            Mistake(
                "opener: { workers: 65 }",
                "1:20 '65' is not a number from 1 to 64; write a whole number in that range"),
            Mistake(
                "opener: { roots: [/proc] }",
                "1:19 '/proc' lies beneath /proc, which is never opened; name a file elsewhere"),
            Mistake(
                "limits: { message: 1MB }", "1:20 '1MB' is not a size; write bytes, or a number with KiB, MiB or GiB"),
            Mistake("limits: { message: 1 }", "1:20 '1' is no size for messages; write a size from 4KiB to 64MiB"),
            Mistake("limits: { message: 9999999TiB }", "1:20 '9999999TiB' is too large; write a smaller size"),
            Mistake(
                "limits: { connections: 10, connections-per-uid: 11 }",
                "1:49 a uid may have more connections than there are in all; "
                    + "write at most 10, or raise 'connections'"),
            Mistake(
                "audit: { durability: normal }",
                "1:22 the durability 'normal' does not keep what the log promises; write durability: full"),
            Mistake(
                "audit: { origin: a b }",
                "1:18 an origin has no spaces and no '+'; write a name such as HOSTNAME/audit"),
            Mistake("log: { level: inof }", "1:15 'inof' is not known here; did you mean 'info'?"),
            Mistake("log: { format: xml }", "1:16 'xml' is not known here; write text, json"),
        ])
    func mistakes(mistake: Mistake) {
        let (_, problems) = DaemonConfiguration.read(path: "v.yaml", text: mistake.text)
        #expect(problems.map { "\($0.line):\($0.column) \($0.message); \($0.remedy)" } == [mistake.problem])
    }

    @Test("All mistakes of a file are found in one run")
    func several() {
        let text = "state: x\npolicies: y\nlog: { level: z }\nlimits: { idle: never }\n"
        #expect(DaemonConfiguration.read(path: "v.yaml", text: text).1.map(\.line) == [1, 2, 3, 4])
    }
}

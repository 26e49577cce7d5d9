// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// The numbers that the vault tells of itself are those of what was done.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: others are denied"))
struct MetricsTests {
    /// The samples of `vault metrics`, each as it stands there before its number.
    static func samples(_ daemon: Daemon) async throws -> [String: Double] {
        let result = try await daemon.vault("metrics")
        #expect(result.status == .exited(0), "\(result.errorText)\(daemon.log)")
        #expect(result.text.hasSuffix("\n# EOF\n"))
        return parse(result.text)
    }

    static func parse(_ text: String) -> [String: Double] {
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let pairs = lines.map { line in
            let place = line.lastIndex(of: " ") ?? line.startIndex
            return (String(line[..<place]), Double(line[line.index(after: place)...]) ?? .nan)
        }
        return Dictionary(pairs) { _, _ in .nan }
    }

    @Test("Grants, denials by reason, failures, revocations, and what is held")
    func calls() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        for _ in 0..<3 {
            let grant = try await daemon.vault("cat", "files/secret", uid: StandardVault.reader)
            #expect(grant.text == StandardVault.secret, "\(grant.errorText)")
        }
        #expect(try await daemon.vault("cat", "files/secret", uid: StandardVault.stranger).status == .exited(1))
        #expect(try await daemon.vault("cat", "nowhere", uid: StandardVault.stranger).status == .exited(1))
        let more = ["try", "files/secret", "--rights", "write"]
        #expect(try await daemon.vaultCommand(more, uid: StandardVault.reader).run().status == .exited(1))
        #expect(try await daemon.vault("cat", "files/missing", uid: StandardVault.reader).status == .exited(4))
        let samples = try await Self.samples(daemon)
        #expect(samples["vaultd_grants_total"] == 3)
        #expect(samples["vaultd_grants_withdrawn_total"] == 0)
        #expect(samples["vaultd_denials_total{reason=\"no-permit\"}"] == 2)
        #expect(samples["vaultd_denials_total{reason=\"rights-exceeded\"}"] == 1)
        #expect(samples["vaultd_denials_total{reason=\"used-up\"}"] == 0)
        #expect(samples["vaultd_open_failures_total"] == 1)
        #expect(samples["vaultd_open_stage_seconds_count{stage=\"queued\"}"] == 3)
        #expect(samples["vaultd_capabilities"] == 8)
        #expect(samples["vaultd_connections"] == 1, "the one that asks")
        #expect(samples["vaultd_healthy{part=\"log\"}"] == 1)
        #expect(samples["vaultd_opener_workers{state=\"idle\"}"] == 5, "four, and one that looks at processes")
        #expect(samples["vaultd_opener_abandoned"] == 0)
        let start = try #require(samples["vaultd_start_time_seconds"])
        #expect(abs(start - Double(time(nil))) < 120)

        let revoked = try await daemon.vault("revoke", "reader-opens-all-but-what-is-hidden")
        #expect(revoked.status == .exited(0), "\(revoked.errorText)")
        #expect(try await daemon.vault("cat", "files/secret", uid: StandardVault.reader).status == .exited(1))
        let after = try await Self.samples(daemon)
        #expect(after["vaultd_revocations_total"] == 1)
        #expect(after["vaultd_denials_total{reason=\"no-permit\"}"] == 3)
        #expect(after["vaultd_grants_total"] == 3)
    }

    @Test("Commits and their batches add up to the records of the log, and a checkpoint covers them in the end")
    func commits() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        let first = try await Self.samples(daemon)
        for _ in 0..<5 { _ = try await daemon.vault("cat", "files/secret", uid: StandardVault.reader) }
        try await waitUntil("all is signed") {
            try await Self.samples(daemon)["vaultd_log_unsigned_records"] == 0
        }
        let samples = try await Self.samples(daemon)
        func grown(_ name: String) -> Double { (samples[name] ?? .nan) - (first[name] ?? .nan) }
        #expect(grown("vaultd_log_records") >= 5)
        #expect(grown("vaultd_batch_records_sum") == grown("vaultd_log_records"))
        #expect(grown("vaultd_commit_latency_seconds_count") == grown("vaultd_batch_records_count"))
        let buckets = samples.filter { $0.key.hasPrefix("vaultd_commit_latency_seconds_bucket") }
        #expect(
            buckets["vaultd_commit_latency_seconds_bucket{le=\"+Inf\"}"]
                == samples["vaultd_commit_latency_seconds_count"])
        #expect((samples["vaultd_commit_latency_seconds_sum"] ?? 0) > 0)
        #expect((samples["vaultd_log_size_bytes{file=\"database\"}"] ?? 0) > 4096)
        #expect((0..<600).contains(samples["vaultd_checkpoint_age_seconds"] ?? -1))
        #expect(samples["vaultd_cosigned_checkpoint_age_seconds"] == nil, "no witness has signed anything")
    }

    @Test("Whatever clients call things, there are no more numbers than before")
    func noLabelsOfClients() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        try await waitUntil("it has looked at the files of the log") {
            try await Self.samples(daemon)["vaultd_log_size_bytes{file=\"database\"}"] != nil
        }
        let before = try await Self.samples(daemon)
        for number in 0..<40 {
            _ = try await daemon.vault("cat", "x/\(number)/\"\\n", uid: StandardVault.stranger)
            _ = try await daemon.vault("cat", "x/\(number)", "y", uid: 10_000 + UInt32(number))
        }
        #expect(try await Self.samples(daemon).keys.sorted() == before.keys.sorted())
    }

    @Test(
        "Who may audit or administer hears the numbers, nobody else, who is denied on record; what they are, everybody")
    func access() async throws {
        var options = StandardVault.options
        options.policies["auditor.yaml"] =
            "vault: 1\nrules:\n  - { id: auditor, permit: [audit], to: { uid: 4713 } }\n"
        let daemon = try await Daemon.start(options)
        #expect(try await daemon.vault("metrics", uid: 4713).status == .exited(0))
        let denied = try await daemon.vault("metrics", uid: StandardVault.stranger)
        #expect(denied.status == .exited(1) && denied.text.isEmpty, "\(denied.text)")
        let log = try await daemon.vault("audit", "list", "--type", "deny", "-o", "jsonl").text
        #expect(log.contains("\"uid\":\(StandardVault.stranger)"))
        let script = """
            import json
            s = socket.socket(socket.AF_UNIX); s.connect(os.environ['VAULT_SOCKET']); f = s.makefile('rwb')
            def call(method, more):
                f.write(json.dumps({'method': 'io.systemd.Metrics.' + method, 'more': more}).encode() + b'\\0'); f.flush()
                replies = []
                while True:
                    text = b''
                    while not text.endswith(b'\\0'): text += f.read(1)
                    replies.append(json.loads(text[:-1]))
                    if not replies[-1].get('continues'): return replies
            print(call('Describe', False)[0]['error'], call('List', False)[0]['error'], call('List', True)[-1]['error'])
            all = [r['parameters'] for r in call('Describe', True)]
            print(len(all) > 30, {r['type'] for r in all} == {'counter', 'gauge'})
            print([r['type'] for r in all if r['name'] == 'io.vaultd.Broker.grants_total'])
            """
        let result = try await DepositVault.python(daemon, uid: StandardVault.stranger, script)
        let more = "org.varlink.service.ExpectedMore"
        #expect(
            result.text == "\(more) \(more) io.vaultd.Broker.Denied\nTrue True\n['counter']\n",
            "\(result.text)\(result.errorText)")
    }

    @Test("As JSON: each number with the name that systemd's report has, and all of them are described")
    func json() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        let list = try JSONValue(parsing: try await daemon.vault("metrics", "-o", "json").text).array ?? []
        #expect(list.count > 60)
        for sample in list { #expect(sample["name"]?.string?.hasPrefix("io.vaultd.Broker.") == true, "\(sample)") }
        let health = list.first { $0["name"] == "io.vaultd.Broker.healthy" && $0["fields"]?["part"] == "opener" }
        #expect(health?["value"] == 1)
    }

    @Test("`vault status` ends with 0, with 5 while something does not work, and with 3 while nothing is granted")
    func exitStatus() async throws {
        var options = StandardVault.options
        options.policies["broken.yaml"] = """
            vault: 1
            capabilities:
              - name: broken/file
                file: { path: "@DIRECTORY@/later.txt", rights: [read] }

            """
        let daemon = try await Daemon.start(options)
        let broken = try await daemon.vault("status")
        #expect(broken.status == .exited(5) && broken.text.hasPrefix("broken/file: "), "\(broken.text)")
        #expect(try await Self.samples(daemon)["vaultd_healthy{part=\"capabilities\"}"] == 0)
        #expect(try await Self.samples(daemon)["vaultd_capabilities_failed"] == 1)
        try daemon.directory.write("", to: "later.txt", mode: 0o644)
        #expect(try await daemon.vault("reload").status == .exited(0))
        #expect(try await daemon.vault("status").status == .exited(0))
        #expect(try await daemon.vault("status", "-o", "json").text.contains("\"health\": \"ok\""))

        #expect(try await daemon.vault("status", uid: StandardVault.stranger).status == .exited(1))
        #expect(try await daemon.terminate() == .exited(0))
        #expect(try await daemon.vault("status").status == .exited(3))
    }

    @Test("With a log that cannot be written the numbers say so, and so does the exit status")
    func failed() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        // The broker notices a second later that its log is another's file.
        let database = daemon.state.appending("ledger.db")
        let away = daemon.state.appending("away.db")
        #expect(rename(database.string, away.string) == 0)
        try await waitUntil("it is noticed") { try await daemon.vault("status").status == .exited(3) }
        let samples = try await Self.samples(daemon)
        #expect(samples["vaultd_healthy{part=\"log\"}"] == 0)
        #expect((samples["vaultd_commit_failures_total"] ?? 0) >= 1)
    }
}

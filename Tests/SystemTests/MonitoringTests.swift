// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Foundation
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultMetrics
import VaultTestKit

/// What is shipped for Prometheus and Grafana, with the real Prometheus.
@Suite(.serialized) struct MonitoringTests {
    private static let directory = Programs.checkout.appending("Sources/vaultd/Monitoring")

    private static func program(_ name: String) async throws -> FilePath {
        guard let path = try await RecipePrograms.find(name, uid: geteuid()) else {
            try skipVisibly("\(name), which is not there: Tests/Recipes/prepare .build/programs")
        }
        return path
    }

    private static func start(port: UInt16) async throws -> Daemon {
        var options = StandardVault.options
        options.configuration =
            (options.configuration ?? "") + "metrics-socket: { listen: \"127.0.0.1:\(port)\" }\n"
        return try await Daemon.start(options)
    }

    @Test("promtool finds nothing wrong with the numbers")
    func promtool() async throws {
        let promtool = try await Self.program("promtool")
        let port = try unusedPort()
        let daemon = try await Self.start(port: port)
        _ = try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
        let script = """
            import urllib.request
            request = urllib.request.Request('http://127.0.0.1:\(port)/metrics', headers={'Accept': 'text/plain;version=0.0.4'})
            print(urllib.request.urlopen(request).read().decode(), end='')
            """
        let text = try await Command("/usr/bin/python3", "-c", script).run()
        #expect(text.text.contains("vaultd_grants_total 1\n"), "\(text.errorText)")
        var check = Command(promtool, arguments: ["check", "metrics"])
        check.input = text.output
        let result = try await check.run()
        #expect(result.status == .exited(0) && result.text.isEmpty && result.errorText.isEmpty, "\(result.errorText)")
    }

    @Test("The rules are valid, and fire where they should and nowhere else")
    func rules() async throws {
        let promtool = try await Self.program("promtool")
        for arguments in [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts.test.yaml"]] {
            var command = Command(promtool, arguments: arguments)
            command.directory = Self.directory
            let result = try await command.run()
            #expect(result.status == .exited(0), "\(result.text)\(result.errorText)")
        }
    }

    @Test(
        "Each number that the rules and the dashboard use is one that is told",
        arguments: ["alerts.yaml", "dashboard.json"])
    func names(_ file: String) throws {
        let path = Self.directory.appending(file)
        let text = String(decoding: try OwnedDescriptor.open(path).readAll(), as: UTF8.self)
        let names = Set(text.matches(of: /vaultd_[a-z_]+/).map { String($0.0.dropFirst(MetricsText.prefix.count)) })
        #expect(names.count > 10)
        for name in names { #expect(MetricFamily.ofSample(name) != nil, "\(name)") }
        // What is told and shown nowhere, nobody watches.
        guard file == "dashboard.json" else { return }
        let shown = Set(names.compactMap { MetricFamily.ofSample($0)?.name })
        #expect(Set(MetricFamily.all.map(\.name)).subtracting(shown) == [])
        let dashboard = try JSONValue(parsing: text)
        let queries = dashboard["panels"]?.array?.flatMap { $0["targets"]?.array ?? [] } ?? []
        #expect(queries.count > 20 && queries.allSatisfy { $0["expr"]?.string?.isEmpty == false })
        let places = dashboard["panels"]?.array?.compactMap { panel -> String? in
            guard let place = panel["gridPos"]?.object else { return nil }
            return "\(place["x"]?.integer ?? -1) \(place["y"]?.integer ?? -1)"
        }
        #expect(Set(places ?? []).count == dashboard["panels"]?.array?.count, "no two panels lie on each other")
    }

    @Test("Prometheus collects them as OpenMetrics, evaluates the rules, and answers the dashboard's queries")
    func prometheus() async throws {
        let prometheus = try await Self.program("prometheus")
        let (port, own) = (try unusedPort(), try unusedPort())
        let daemon = try await Self.start(port: port)
        _ = try await daemon.vault("cat", "files/secret", uid: StandardVault.otherUser)
        let place = try TemporaryDirectory(mode: 0o755)
        try place.write(
            """
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: ["\(Self.directory)/alerts.yaml"]
            scrape_configs:
              - job_name: vaultd
                static_configs: [{ targets: ["127.0.0.1:\(port)"] }]

            """, to: "prometheus.yml", mode: 0o644)
        let script = """
            import json, os, re, subprocess, sys, time, urllib.parse, urllib.request
            place, program, dashboard = sys.argv[1:]
            server = subprocess.Popen([program, '--config.file=' + place + '/prometheus.yml', '--storage.tsdb.path=' + place + '/data',
                '--web.listen-address=127.0.0.1:\(own)'], stdout=open(place + '/out', 'w'), stderr=subprocess.STDOUT)
            def get(path, **query):
                url = 'http://127.0.0.1:\(own)/api/v1/' + path + '?' + urllib.parse.urlencode(query)
                return json.load(urllib.request.urlopen(url))['data']
            def value(query): return [s['value'][1] for s in get('query', query=query)['result']]
            try:
                end = time.monotonic() + 50
                while time.monotonic() < end:
                    try:
                        if value('up') == ['1'] and value('count_over_time(vaultd_grants_total[1m]) > 2'): break
                    except OSError: pass
                    time.sleep(0.3)
                target = get('targets')['activeTargets'][0]
                print(target['health'], target['lastError'])
                print(value('vaultd_grants_total'), value('sum(vaultd_denials_total)'), value('vaultd_healthy{part="log"}'))
                kinds = {k: v[0]['type'] + '|' + v[0]['unit'] for k, v in get('metadata').items()}
                print(kinds['vaultd_grants'], kinds['vaultd_commit_latency_seconds'], kinds['vaultd_build_info'])
                rules = get('rules')['groups'][0]['rules']
                print(len(rules), {r['health'] for r in rules}, [r['name'] for r in rules if r['state'] == 'firing'])
                bad = []
                for panel in json.load(open(dashboard))['panels']:
                    for t in panel['targets']:
                        query = t['expr'].replace('$__rate_interval', '1m').replace('$instance', '.*')
                        try: get('query', query=query)
                        except OSError as error: bad.append((query, str(error)))
                print(bad)
            finally:
                server.kill(); server.wait()
            """
        let result = try await Command(
            "/usr/bin/python3", "-c", script, place.path.string, prometheus.string,
            Self.directory.appending("dashboard.json").string
        ).run()
        let told = ["['1'] ['0'] ['1']", "counter| histogram|seconds gauge|", "13 {'ok'} []", "[]"]
        #expect(
            result.text == "up \n" + told.joined(separator: "\n") + "\n",
            "\(result.text)\(result.errorText)\((try? place.read("out")) ?? "")")
    }
}

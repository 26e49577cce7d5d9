// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import VaultMetrics

struct MetricsTextTests {
    @Test("OpenMetrics: help, type and unit of each family, then its samples, and the end")
    func openMetrics() {
        var samples = MetricSamples()
        samples.add(.grants, 3)
        samples.add(.denials, 1, "no-permit")
        samples.add(.denials, 0, "used-up")
        samples.add(.checkpointAge, microseconds: 1_500_000)
        samples.add(summary: .openStages, "opening", count: 2, microseconds: 250)
        samples.add(
            histogram: .commitLatency, bounds: [.real(0.0001), .real(1)], counts: [1, 2, 1], sum: .real(7.5))
        samples.add(histogram: .batchRecords, bounds: [.integer(1), .integer(2)], counts: [0, 4, 0], sum: .integer(8))
        let family = { (family: MetricFamily, name: String, type: String, unit: String?) in
            "# HELP \(name) \(family.help)\n# TYPE \(name) \(type)\n" + (unit.map { "# UNIT \(name) \($0)\n" } ?? "")
        }
        #expect(
            MetricsText.openMetrics.text(samples.all)
                == family(.grants, "vaultd_grants", "counter", nil)
                + "vaultd_grants_total 3\n"
                + family(.denials, "vaultd_denials", "counter", nil)
                + "vaultd_denials_total{reason=\"no-permit\"} 1\nvaultd_denials_total{reason=\"used-up\"} 0\n"
                + family(.checkpointAge, "vaultd_checkpoint_age_seconds", "gauge", "seconds")
                + "vaultd_checkpoint_age_seconds 1.5\n"
                + family(.openStages, "vaultd_open_stage_seconds", "summary", "seconds")
                + "vaultd_open_stage_seconds_count{stage=\"opening\"} 2\n"
                + "vaultd_open_stage_seconds_sum{stage=\"opening\"} 0.00025\n"
                + family(.commitLatency, "vaultd_commit_latency_seconds", "histogram", "seconds")
                + "vaultd_commit_latency_seconds_bucket{le=\"0.0001\"} 1\n"
                + "vaultd_commit_latency_seconds_bucket{le=\"1.0\"} 3\n"
                + "vaultd_commit_latency_seconds_bucket{le=\"+Inf\"} 4\n"
                + "vaultd_commit_latency_seconds_count 4\nvaultd_commit_latency_seconds_sum 7.5\n"
                + family(.batchRecords, "vaultd_batch_records", "histogram", nil)
                + "vaultd_batch_records_bucket{le=\"1.0\"} 0\nvaultd_batch_records_bucket{le=\"2.0\"} 4\n"
                + "vaultd_batch_records_bucket{le=\"+Inf\"} 4\nvaultd_batch_records_count 4\nvaultd_batch_records_sum 8\n"
                + "# EOF\n")
    }

    @Test("Before OpenMetrics a counter had the name of its sample, there were no units, and no end")
    func prometheus() {
        var samples = MetricSamples()
        samples.add(.grants, 3)
        samples.add(.checkpointAge, microseconds: 0)
        #expect(
            MetricsText.prometheus.text(samples.all)
                == """
                # HELP vaultd_grants_total \(MetricFamily.grants.help)
                # TYPE vaultd_grants_total counter
                vaultd_grants_total 3
                # HELP vaultd_checkpoint_age_seconds \(MetricFamily.checkpointAge.help)
                # TYPE vaultd_checkpoint_age_seconds gauge
                vaultd_checkpoint_age_seconds 0.0

                """)
    }

    @Test("What a label says is escaped, and what a newer daemon tells is passed on")
    func escapes() {
        let samples = [
            MetricSample(name: "build_info", labels: [.init("version", "a\"b\\c\nd")], value: .integer(1)),
            MetricSample(name: "of_tomorrow", labels: [], value: .integer(2)),
        ]
        let text = MetricsText.openMetrics.text(samples)
        #expect(text.contains(#"vaultd_build_info{version="a\"b\\c\nd"} 1"# + "\n"))
        #expect(text.contains("# TYPE vaultd_of_tomorrow unknown\nvaultd_of_tomorrow 2\n"))
        #expect(MetricsText.escaped("a\"b\\\n", quotes: false) == #"a"b\\\n"#)
    }

    @Test("Every family has a name and a unit as OpenMetrics wants them, and a sentence", arguments: MetricFamily.all)
    func isWellFormed(_ family: MetricFamily) throws {
        #expect(family.name.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*/) != nil)
        // Suffixes that mean something to OpenMetrics.
        for suffix in ["_total", "_created", "_count", "_sum", "_bucket"] { #expect(!family.name.hasSuffix(suffix)) }
        if family.name.hasSuffix("_info") { #expect(family == .buildInfo) }
        if let unit = family.unit {
            #expect(["seconds", "bytes"].contains(unit))
            #expect(family.name.hasSuffix("_\(unit)"))
        }
        #expect(family.help.hasSuffix(".") && !family.help.contains("\n"))
        #expect(family.label?.values.isEmpty != true || family == .buildInfo, "words are fixed")
        for suffix in family.suffixes { #expect(MetricFamily.ofSample(family.name + suffix) == family) }
    }

    @Test("No two families or samples have one name")
    func areDistinct() {
        let names = MetricFamily.all.flatMap { family in family.suffixes.map { family.name + $0 } }
        #expect(Set(names).count == names.count)
        #expect(MetricFamily.ofSample("grants") == nil)
    }
}

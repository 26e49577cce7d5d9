// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface
import VaultMetrics

/// `vault metrics`: the numbers that the broker tells of itself.
struct Metrics: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Show the numbers that the broker tells of itself, as OpenMetrics.",
        discussion: """
            Grants, denials, commits, what is held, how old the newest checkpoint is, and whether each part is well: for whoever \
            may read the audit log or administer the vault. Counters begin at 0 with each start of the broker. The same \
            is told over HTTP at 'metrics-socket', and to systemd's report as io.systemd.Metrics.

              vault metrics
              vault metrics --output jsonl | grep denials_total
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        var samples: [MetricSample] = []
        var printer = ListingPrinter<MetricsInterface.List.Reply>(format.output, Table("NAME", .right("VALUE"))) { _ in
            []
        }
        try broker.connect().callMore(MetricsInterface.List.self, .init()) { reply in
            if format.output == .text { samples.append(.init(reply)) } else { try printer.print([reply]) }
        }
        guard format.output == .text else { return try printer.finish() }
        try StandardOutput.write(MetricsText.openMetrics.text(samples))
    }
}

extension MetricSample {
    /// As it came from the broker; systemd's report wants names that begin with the service's.
    fileprivate init(_ reply: MetricsInterface.List.Reply) {
        let name = reply.name.utf8.split(separator: UInt8(ascii: ".")).last.map { String(decoding: $0, as: UTF8.self) }
        let labels = reply.fields?.members.map { Pair($0.key, $0.value.words) } ?? []
        let value: Value =
            switch reply.value {
            case .integer(let value): .integer(value)
            case .double(let value): .real(value)
            default: .real(.nan)
            }
        self.init(name: name ?? reply.name, labels: labels, value: value)
    }
}

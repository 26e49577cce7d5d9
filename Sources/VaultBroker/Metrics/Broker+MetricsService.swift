// SPDX-License-Identifier: Apache-2.0

import JSONText
import Varlink
import VaultCore
import VaultInterface
import VaultMetrics
import VaultModel

/// `io.systemd.Metrics`: the numbers for systemd's report, `varlinkctl` and `vault metrics`.
extension Broker: MetricsService {
    /// Numbers have no names in them, but tell when others are at work: they are for who may see more than that.
    package func list(_ parameters: MetricsInterface.List.Parameters, in context: CallContext) throws(VarlinkError) {
        guard context.answer.wantsMore else { throw .expectedMore }
        let moment = Moment.now()
        let mayAudit = decision(.audit, nil, context.session, moment).isPermitted
        serve(MetricsInterface.List.self, parameters, context, needs: mayAudit ? .audit : .admin) {
            broker, _, answer, session throws(VarlinkError) in
            var replies = await broker.metricSamples().map(MetricsInterface.List.Reply.init)
            guard let last = replies.popLast() else { throw MetricsError.noSuchMetric.varlinkError }
            // They were found in waiting for the opener.
            try await broker.stillPermits([mayAudit ? .audit : .admin], session)
            for reply in replies { answer.reply(reply, continues: true) }
            return last
        }
    }

    /// What there is to be counted is the same everywhere, and no secret.
    package func describe(
        _ parameters: MetricsInterface.Describe.Parameters, in context: CallContext
    ) throws(VarlinkError) {
        guard context.answer.wantsMore else { throw .expectedMore }
        var replies = MetricFamily.all.flatMap(\.described)
        let last = replies.removeLast()
        for reply in replies { context.answer.reply(reply, continues: true) }
        context.answer.reply(last)
    }
}

extension MetricsInterface.List.Reply {
    fileprivate init(_ sample: MetricSample) {
        var fields = JSONObject()
        for label in sample.labels { fields[label.name] = .string(label.value) }
        let value: JSONValue =
            switch sample.value {
            case .integer(let value): .integer(value)
            case .real(let value): .double(value)
            }
        self.init(name: Broker.metricsPrefix + sample.name, value: value, fields: sample.labels.isEmpty ? nil : fields)
    }
}

extension MetricFamily {
    /// One for each of its numbers: systemd knows no histograms.
    fileprivate var described: [MetricsInterface.Describe.Reply] {
        suffixes.map {
            .init(
                name: Broker.metricsPrefix + name + $0, description: help, type: kind == .gauge ? .gauge : .counter)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Records
import TerminalKit
import VaultInterface
import VaultModel

/// What a report shows, as the broker counted it.
struct ReportData {
    typealias Count = AuditInterface.Count

    /// How many records of each table.
    static let newest = 50

    /// What was asked for, in words such as `user alice`; empty: everything.
    var selection: [String]
    var span: TimeSpan
    var byTime: [Count]
    var byCapability: [Count]
    var byUser: [Count]
    var byRule: [Count]
    /// Whether a flood of denials was folded into summaries, which are in no count.
    var hasFoldedDenials: Bool
    /// The newest first.
    var newestDenials: [RecordSummary]
    var newestChanges: [RecordSummary]
    var log: NoteHead
    /// The signed checkpoint that ``log`` is the head of.
    var note: String
    var madeUSec: Int64

    var total: Count { .sum(of: byTime) }

    init(_ connection: BrokerConnection, _ options: AuditFilterOptions) throws {
        let filter = try options.filter() ?? .init()
        madeUSec = LocalTime.now
        note = try connection.call(AuditInterface.Checkpoint.self, .init()).note
        log = try NoteHead(note)
        selection = options.words
        var counted = filter
        counted.type = filter.type ?? [RecordType.grant, .deny].map(\.rawValue)
        let first = try Self.records(connection, counted, limit: 1, reverse: false).first?.stored.timeUSec
        let end = options.until?.microseconds ?? madeUSec
        span = TimeSpan(from: options.since?.microseconds ?? first ?? end, to: end)

        func counts(_ key: String, every: Int64? = nil) throws -> [Count] {
            try connection.call(
                AuditInterface.Summarize.self, .init(by: key, filter: filter, everyUSec: every.map(Int.init))
            ).counts
        }
        byTime = try counts("time", every: span.stepUSec)
        byCapability = try counts("capability")
        byUser = try counts("user")
        byRule = try counts("rule")
        var denied = filter
        denied.type = [RecordType.deny.rawValue]
        newestDenials = try Self.records(connection, denied, limit: Self.newest, reverse: true)
        var folded = filter
        folded.type = [RecordType.denySummary.rawValue]
        hasFoldedDenials = try !Self.records(connection, folded, limit: 1, reverse: true).isEmpty
        let changes = AuditInterface.Filter(
            sinceUSec: filter.sinceUSec, untilUSec: filter.untilUSec,
            type: [RecordType.policyApply, .ruleAdd, .ruleResume, .capabilityAdd, .capabilityRemove, .revoke]
                .map(\.rawValue))
        newestChanges = try Self.records(connection, changes, limit: Self.newest, reverse: true)
    }

    private static func records(
        _ connection: BrokerConnection, _ filter: AuditInterface.Filter, limit: Int, reverse: Bool
    ) throws -> [RecordSummary] {
        var records: [RecordSummary] = []
        let parameters = AuditInterface.Query.Parameters(filter: filter, limit: limit, reverse: reverse ? true : nil)
        try connection.callMore(AuditInterface.Query.self, parameters) { records += $0.entries.map(RecordSummary.init) }
        return records
    }
}

extension AuditFilterOptions {
    /// What was asked for besides times.
    fileprivate var words: [String] {
        func list(_ name: String, _ values: [some CustomStringConvertible]) -> String? {
            values.isEmpty ? nil : "\(name) \(values.map(\.description).joined(separator: " or "))"
        }
        return [
            list("user", user), list("uid", uid), list("login uid", loginuid), list("pid", pid), list("program", exe),
            list("unit", unit), list("capability", capability), list("rule", rule), list("type", type.map(\.rawValue)),
            list("not type", notType.map(\.rawValue)), decision.map { "decision \($0.rawValue)" },
            request.map { "request \($0)" },
        ].compactMap { $0 }
    }
}

extension AuditInterface.Count {
    /// All of them together, without a key.
    static func sum(of counts: [Self]) -> Self {
        counts.reduce(into: Self(key: "", grants: 0, denials: 0)) { sum, count in
            sum.grants = sum.grants.saturatingAdding(count.grants)
            sum.denials = sum.denials.saturatingAdding(count.denials)
            sum.missing = (sum.missing ?? 0).saturatingAdding(count.missing ?? 0)
        }
    }

    /// `12 grants, 3 denials`, and what never arrived where there is some.
    var words: String {
        let arrived = missing ?? 0 > 0 ? "; \(missing ?? 0) of the grants never arrived" : ""
        return "\(grants) grants, \(denials) denials\(arrived)"
    }
}

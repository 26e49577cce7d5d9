// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import TerminalKit
import VaultInterface

/// What the broker itself says, as far as it says it to who asks.
struct BrokerCheck {
    let connection: BrokerConnection
    let now: Int64
    private(set) var findings: [Finding] = []
    /// Whether it answered, whatever it said.
    private(set) var answers = false
    /// The directory of the log, where one was told.
    private(set) var state: String?

    /// A checkpoint that is older, with records that it does not cover, has been due for long.
    private static let oldUSec: Int64 = 600_000_000

    init(_ connection: BrokerConnection, now: Int64) {
        self.connection = connection
        self.now = now
    }

    mutating func run() {
        do throws(Failure) {
            let reply = try connection.call(Untyped<AdminInterface.Status>.self, .init())
            answers = true
            look(at: reply["status"]?.object ?? [:])
            lastRun()
        } catch {
            guard error.isDenial else { return findings.append(Finding("broker", error)) }
            answers = true
            caller()
            findings.append(
                Finding(
                    unseen: "broker", "how the broker is: it tells only who may administer it",
                    try: "sudo vault doctor"))
        }
    }

    // MARK: Who asks, and may not administer it

    private mutating func caller() {
        do throws(Failure) {
            let identity = try connection.call(Untyped<BrokerInterface.WhoAmI>.self, .init())["identity"]?.object ?? [:]
            let unknown = (identity["unknown"]?.object?.members ?? []).map(\.key)
            if !unknown.isEmpty {
                findings.append(
                    Finding(
                        "caller", .note,
                        "of you the broker does not know \(unknown.joined(separator: ", ")): no permit by these is for you",
                        try: "vault whoami, which says why"))
            }
            let names = try connection.call(BrokerInterface.List.self, .init()).capabilities
            guard names.isEmpty else { return }
            findings.append(
                Finding(
                    "caller", .note, "there is nothing here that you may see",
                    try: "vault grant NAME --to uid:\(geteuid()), by who administers the vault"))
        } catch {
            findings.append(Finding("caller", error))
        }
    }

    // MARK: What it tells who administers it

    private mutating func look(at status: JSONObject) {
        if let version = status["version"]?.string, version != Release.version {
            findings.append(
                Finding(
                    "broker", "the broker that runs is version \(version), and this is \(Release.version)",
                    try: "systemctl restart vaultd.service, or vaultd --takeover"))
        }
        let log = status["log"]
        state = log?["state"]?.string
        let hasFailed = status["health"]?.string == "failed"
        for (place, advice) in (status["advice"]?.array ?? []).enumerated() {
            guard let problem = advice["problem"]?.string, let remedy = advice["remedy"]?.string else { continue }
            // The worst comes first.
            findings.append(Finding("broker", hasFailed && place == 0 ? .failed : .problem, problem, try: remedy))
        }
        if let records = log?["records"]?.integer, let signed = log?["signed"]?.integer, signed < records,
            let newest = log?["newestCheckpointUSec"]?.integer, now - newest > Self.oldUSec
        {
            findings.append(
                Finding(
                    "log",
                    "the newest checkpoint is of \(LocalTime.text(newest)), and \(records - signed) records are not signed",
                    try: "vault audit checkpoint, which says why it cannot be made"))
        }
        if let newest = status["clock"]?["newestRecordUSec"]?.integer, newest > now + Self.oldUSec {
            findings.append(
                Finding(
                    "log", "the newest record is of \(LocalTime.text(newest)), and the clock shows less",
                    try: "set the clock (timedatectl); if it is right, vault audit accept-clock"))
        }
        if let count = status["connections"]?["count"]?.integer, let limit = status["connections"]?["limit"]?.integer,
            count * 5 > limit * 4
        {
            findings.append(
                Finding(
                    "broker", "\(count) of \(limit) connections are taken",
                    try: "vault audit list, which tells who connects; or limits: { connections: … } in vaultd.yaml"))
        }
    }

    /// Whether the run before this one ended as it should. For who may read the log.
    private mutating func lastRun() {
        var filter = AuditInterface.Filter()
        filter.type = ["start", "stop"]
        let query = AuditInterface.Query.Parameters(filter: filter, limit: 2, reverse: true)
        guard let entries = try? connection.call(AuditInterface.Query.self, query).entries, entries.count == 2,
            let former = try? JSONValue(parsing: entries[1].text), former["type"]?.string == "start"
        else { return }
        findings.append(
            Finding(
                "log", .note,
                "the run before this one did not end by itself: it crashed, or was killed, or the machine went down",
                try: "journalctl -u vaultd.service; vault audit list --type start --type stop"))
    }
}

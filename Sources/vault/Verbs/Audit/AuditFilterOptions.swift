// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Records
import TerminalKit
import VaultInterface
import VaultModel

/// Which records are wanted.
struct AuditFilterOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Not older than: RFC 3339, a date, now, today, yesterday, boot, -2h or '2h ago'.", valueName: "time"),
        transform: TimeArgument.init)
    var since: TimeArgument?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Older than.", valueName: "time"), transform: TimeArgument.init)
    var until: TimeArgument?

    @Option(
        help: ArgumentHelp(
            "The user of the peer, by name. (Your own broker is chosen by --socket here.)", valueName: "name"))
    var user: [String] = []

    @Option(help: ArgumentHelp("The user of the peer, by number.", valueName: "uid"))
    var uid: [UInt32] = []

    @Option(help: ArgumentHelp("The login user of the peer, by number.", valueName: "uid"))
    var loginuid: [UInt32] = []

    @Option(help: ArgumentHelp("The process.", valueName: "pid"))
    var pid: [Int32] = []

    @Option(help: ArgumentHelp("The program.", valueName: "path"), completion: .file())
    var exe: [String] = []

    @Option(help: ArgumentHelp("The systemd unit.", valueName: "unit"))
    var unit: [String] = []

    @Option(
        help: ArgumentHelp("The capability; a pattern may be given.", valueName: "name"),
        completion: Completion.names)
    var capability: [String] = []

    @Option(
        help: ArgumentHelp("A rule that took part in the decision.", valueName: "id"), completion: Completion.rules)
    var rule: [String] = []

    @Option(help: ArgumentHelp("The type.", valueName: "type"))
    var type: [RecordType] = []

    @Option(help: ArgumentHelp("Not of this type.", valueName: "type"))
    var notType: [RecordType] = []

    @Option(help: "The decision.")
    var decision: Decision?

    @Option(help: ArgumentHelp("All of one request.", valueName: "id"))
    var request: String?

    enum Decision: String, CaseIterable, ExpressibleByArgument {
        case permit, deny
    }

    func validate() throws {
        if let pid = pid.first(where: { $0 < 1 }) { throw ValidationError("--pid \(pid): processes count from 1") }
    }

    /// `nil`: all records.
    func filter() throws -> AuditInterface.Filter? {
        let uids = try user.map { try UserName.uid(of: $0) } + uid
        let filter = AuditInterface.Filter(
            sinceUSec: since.map { Int($0.microseconds) }, untilUSec: until.map { Int($0.microseconds) },
            uid: list(uids.map(Int.init)), loginuid: list(loginuid.map(Int.init)), pid: list(pid.map(Int.init)),
            exe: list(exe), unit: list(unit), capability: list(capability), rule: list(rule),
            type: list(type.map(\.rawValue)), notType: list(notType.map(\.rawValue)),
            decision: decision?.rawValue, request: request)
        return filter == AuditInterface.Filter() ? nil : filter
    }

    /// The same for records that are not asked of a broker.
    func entryFilter() throws -> EntryFilter {
        var filter = EntryFilter()
        filter.sinceUSec = since?.microseconds
        filter.untilUSec = until?.microseconds
        filter.uid = try user.map { try UserName.uid(of: $0) } + uid
        filter.loginuid = loginuid
        filter.pid = pid
        filter.exe = exe
        filter.unit = unit
        filter.capability = try capability.map { text in
            guard let pattern = try? NamePattern(text) else {
                throw Failure(.usage, "'\(text)' is no pattern", next: "one such as 'logs/**'")
            }
            return pattern
        }
        filter.rule = rule
        filter.type = type.map(\.rawValue)
        filter.notType = notType.map(\.rawValue)
        filter.decision = decision?.rawValue
        filter.request = request
        return filter
    }

    private func list<Element>(_ values: [Element]) -> [Element]? { values.isEmpty ? nil : values }
}

extension RecordType: ExpressibleByArgument {}

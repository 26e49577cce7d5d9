// SPDX-License-Identifier: Apache-2.0

import VaultInterface

private typealias Audit = AuditInterface

private let filter = Audit.Filter(
    sinceUSec: 1, untilUSec: 2, uid: [3], loginuid: [4], pid: [5], exe: ["/bin/cat"], unit: ["u.service"],
    capability: ["a/*"], rule: ["r"], type: ["grant"], decision: "permit", request: "q")
private let entry = Audit.Entry(record: 1, text: "{\"v\":1}")

let auditCases: [MessageCase] =
    [MessageCase("Filter", filter), MessageCase("Entry", entry)]
    + MessageCase.method(
        Audit.Query.self, .init(filter: filter, cursor: "c", limit: 1, reverse: true, follow: true),
        .init(entries: [entry], cursor: "d"))
    + MessageCase.method(Audit.Show.self, .init(record: 1), .init(entries: [entry, entry]))

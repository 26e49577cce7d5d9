// SPDX-License-Identifier: Apache-2.0

import VaultInterface

private typealias Audit = AuditInterface

private let filter = Audit.Filter(
    sinceUSec: 1, untilUSec: 2, uid: [3], loginuid: [4], pid: [5], exe: ["/bin/cat"], unit: ["u.service"],
    capability: ["a/*"], rule: ["r"], type: ["grant"], decision: "permit", request: "q")
private let entry = Audit.Entry(record: 1, text: "{\"v\":1}")

private let count = Audit.Count(key: "a/b", grants: 1, denials: 2)
private let tile = Audit.Tile(index: 1, hashes: "AAAA")

let auditCases: [MessageCase] =
    [
        MessageCase("Filter", filter), MessageCase("Entry", entry), MessageCase("Count", count),
        MessageCase("Tile", tile),
    ]
    + MessageCase.method(
        Audit.Query.self, .init(filter: filter, cursor: "c", limit: 1, reverse: true, follow: true, last: 2),
        .init(entries: [entry], cursor: "d"))
    + MessageCase.method(Audit.Show.self, .init(record: 1), .init(entries: [entry, entry]))
    + MessageCase.method(
        Audit.Summarize.self, .init(by: "time", filter: filter, everyUSec: 1), .init(counts: [count, count]))
    + MessageCase.method(Audit.Prove.self, .init(record: 1), .init(proof: "c2sp.org/tlog-proof@v1"))
    + MessageCase.method(
        Audit.Checkpoint.self, .init(since: 1), .init(note: "n", key: "k", consistency: ["h", "i"]))
    + MessageCase.method(Audit.Export.self, .init(from: 1, to: 2), .init(entries: [entry], tiles: [tile]))
    + MessageCase.method(
        Audit.Prune.self, .init(before: 512, archiveSha256: "ab"), .init(record: 1, before: 256))
    + MessageCase.method(Audit.AddCosignature.self, .init(note: "n"), .init(record: 1))

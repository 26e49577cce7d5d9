// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText

/// What a broker with a busy log would say, to names that clients chose badly.
enum AuditAnswers {
    static let hostile = "x<script>alert(1)</script>\"'&\u{1B}[2J\u{202E}"

    static let note =
        "vault.example/audit\n1234567\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n— vault.example/audit m+erssA=\n"

    static func report(_ call: FakeBroker.Call) -> FakeBroker.Answer {
        switch call.method {
        case "io.vaultd.Audit.Checkpoint": .reply(["note": .string(note), "key": "k", "consistency": []])
        case "io.vaultd.Audit.Summarize": .reply(["counts": .array(counts(call))])
        case "io.vaultd.Audit.Query": .reply(["entries": .array(entries(call)), "cursor": "i:0"])
        default: .error("org.varlink.service.MethodNotFound", ["method": .string(call.method)])
        }
    }

    private static func counts(_ call: FakeBroker.Call) -> [JSONValue] {
        func count(_ key: String, _ grants: Int64, _ denials: Int64, missing: Int64 = 0) -> JSONValue {
            [
                "key": .string(key), "grants": .integer(grants), "denials": .integer(denials),
                "missing": .integer(missing),
            ]
        }
        switch call.parameters["by"] {
        case "time":
            let since = call.parameters["filter"]?["sinceUSec"]?.integer ?? 0
            let step = call.parameters["everyUSec"]?.integer ?? 1
            return (0..<Int64(60)).filter { $0 % 11 != 4 }.map { column in
                let wave = (column * 37) % 41 + (column % 14 < 10 ? 60 : 8)
                return count("\((since / step + column) * step)", wave * 31, column % 9 == 5 ? wave / 3 : column % 4)
            }
        case "capability":
            let names = [
                "logs/web/access", "secrets/db", "web/listener", "logs/web/error", "backup/target", hostile,
                "a/name/that/is/so/long/that/it/would/not/fit/into/the/room/that/there/is/for/it", "jobs/queue",
                "metrics/in", "metrics/out", "scratch/1", "scratch/2", "scratch/3", "scratch/4",
            ]
            return names.enumerated().map { index, name in
                let rank = Int64(names.count - index)
                return count(
                    name, rank * rank * 311, index % 3 == 1 ? rank * 40 : rank, missing: index % 2 == 0 ? 0 : rank * 300
                )
            }
        case "user":
            return [
                count("www-data", 81_234, 12), count("alice", 4_321, 512), count("\(hostile)", 0, 33),
                count("4712", 0, 7),
            ]
        default:
            return [count("web-reads-its-log", 60_000, 0), count("", 0, 498), count("no-secrets\nnot-at-night", 0, 66)]
        }
    }

    private static func entries(_ call: FakeBroker.Call) -> [JSONValue] {
        let now = SystemClock.wallTimeUSec()
        let types = call.parameters["filter"]?["type"]?.array ?? []
        func entry(_ record: Int64, _ text: JSONObject) -> JSONValue {
            ["record": .integer(record), "text": .string(String(decoding: text.jsonBytes(), as: UTF8.self))]
        }
        if types == ["deny"] {
            return (0..<Int64(12)).map { index in
                let isHostile = index == 2
                let failed: JSONValue = [
                    ["rule": "web-reads-its-log", "selector": "unit", "wanted": "nginx.service", "got": "cron.service"]
                ]
                return entry(
                    9000 - index * 7,
                    [
                        "type": "deny", "timeUSec": .integer(now - index * 3_700_000_000),
                        "peer": [
                            "uid": 1000, "user": .string(isHostile ? hostile : "alice"), "pid": .integer(4711 + index),
                            "exe": .string(isHostile ? "/tmp/\(hostile)" : "/usr/bin/cat"),
                        ],
                        "capability": ["name": .string(isHostile ? hostile : "secrets/db"), "rights": ["read"]],
                        "decision": "deny", "rules": index % 4 == 1 ? ["no-secrets"] : [],
                        "failed": index % 4 == 1 ? [] : failed,
                    ])
            }
        }
        if types == ["deny.summary"] { return [entry(50, ["type": "deny.summary", "timeUSec": .integer(now)])] }
        if types.contains("policy.apply") {
            let rule: JSONObject = [
                "permit": ["open"], "capability": ["secrets/db", .string(hostile)], "to": ["user": .string(hostile)],
            ]
            return [
                entry(
                    8100,
                    [
                        "type": "rule.add", "timeUSec": .integer(now - 9_000_000_000),
                        "peer": ["uid": 0, "user": "root", "pid": 1], "rule": "granted-4", "reason": .string(hostile),
                        "document": .string(String(decoding: rule.jsonBytes(), as: UTF8.self)),
                    ]),
                entry(
                    8000,
                    [
                        "type": "policy.apply", "timeUSec": .integer(now - 90_000_000_000),
                        "peer": ["uid": 0, "user": "root", "pid": 1], "revision": 7, "reason": "ticket 4711",
                    ]),
            ]
        }
        return [entry(0, ["type": "start", "timeUSec": .integer(now - 86_400_000_000)])]
    }
}

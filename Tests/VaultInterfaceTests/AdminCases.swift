// SPDX-License-Identifier: Apache-2.0

import VaultInterface

private typealias Admin = AdminInterface

private let file = Admin.File(path: "web.yaml", text: "vault: 1")
private let problem = Admin.Problem(path: "web.yaml", line: 1, column: 2, message: "wrong", remedy: "right")
private let rule = Admin.Rule(id: "r", origin: "granted", suspended: false, usesLeft: 3, document: "{}")
private let change = Admin.Change(kind: "rule.add", before: "{}", after: "{\"id\":\"r\"}")
private let outcome = Admin.Outcome(
    pid: 1, user: "alice", exe: "/bin/cat", record: 2, done: "shutdown", remaining: "reading what was sent")
private let subject = Admin.Subject(
    uid: 1, gid: 2, groups: [3, 4], label: "l", cgroup: "/c", unit: "u.service", loginuid: 5, exe: "/bin/cat",
    namespace: "host", sha256: "ab")
private let finding = Admin.Finding(rule: "r", selector: "unit", wanted: "a", got: "b", matched: false)
private let answer = Admin.Answer(
    subject: subject, name: "a/b", rights: ["read"], rule: "r", conditions: ["reason: required"])

private let revision = Admin.Revision(
    revision: 1, sha256: "ab", cause: "apply", timeUSec: 2, record: 3, uid: 4, user: "alice", reason: "because",
    files: ["web.yaml"])
private let lease = Admin.Lease(
    id: "l", record: 1, name: "a/b", rights: ["read"], rule: "r", uid: 2, user: "alice", pid: 3, exe: "/bin/cat",
    startedUSec: 4, expiresUSec: 5, renewableUSec: 6)
private let advice = Admin.Advice(problem: "wrong", remedy: "right")
private let log = Admin.LogStatus(
    working: true, records: 1, root: "ab", state: "/s", origin: "o", key: "k", signed: 2, newestCheckpointUSec: 3,
    prunedBefore: 4, problem: "p", finding: "f", remedy: "r", databaseBytes: 5, writeAheadLogBytes: 6, readers: ["cat"])
private let policy = Admin.PolicyStatus(
    revision: 1, sha256: "ab", rules: 2, suspended: ["r"], source: "directory", directory: "/p", isTheDirectorys: true,
    reloadWouldChange: ["c"], unread: ["u"])
private let stage = Admin.StageTime(stage: "opening", count: 1, totalUSec: 2, longestUSec: 3)

private let status = Admin.VaultStatus(
    problems: ["wrong"], advice: [advice], version: "1", startedUSec: 1, log: log, policy: policy,
    capabilities: .init(count: 1, descriptors: 2, failed: ["a/b"], stale: ["a/c"]), stages: [stage],
    connections: .init(count: 1, limit: 2, limitPerUser: 3), clock: .init(trusted: true, newestRecordUSec: 1),
    leases: .init(count: 1, holders: 2, limitOfHolders: 3), opener: .init(alive: true), descriptorLimit: 4)

let adminCases: [MessageCase] =
    [
        MessageCase("File", file), MessageCase("Problem", problem), MessageCase("Rule", rule),
        MessageCase("Change", change), MessageCase("Outcome", outcome), MessageCase("Revision", revision),
        MessageCase("Lease", lease), MessageCase("Advice", advice), MessageCase("LogStatus", log),
        MessageCase("PolicyStatus", policy), MessageCase("StageTime", stage), MessageCase("VaultStatus", status),
    ]
    + MessageCase.method(
        Admin.Grant.self, .init(document: "{}", reason: "because", dryRun: true),
        .init(rule: "r", record: 1, problems: [problem]))
    + MessageCase.method(
        Admin.Revoke.self,
        .init(rule: "r", pattern: "a/**", from: "user:alice", reason: "because", dryRun: true),
        .init(
            rules: ["r"], outcomes: [outcome], stillPermittedBy: ["s"], lifted: ["f"], nowPermittedBy: ["p"], record: 1,
            durable: true, problems: [problem]))
    + MessageCase.method(Admin.Resume.self, .init(rule: "r", reason: "because"), .init(record: 1))
    + MessageCase.method(
        Admin.Rules.self, .init(pattern: "a/*", revision: 1, files: true),
        .init(revision: 2, rules: [rule], files: [file]))
    + MessageCase.method(Admin.Revisions.self, .init(), .init(revisions: [revision]))
    + MessageCase.method(
        Admin.ApplyPolicy.self, .init(files: [file], revision: 1, reason: "because", dryRun: true),
        .init(
            revision: 2, record: 3, changes: [change], problems: [problem], source: "command", directory: "/p",
            reloadChanges: [change]))
    + MessageCase.method(
        Admin.AddCapability.self, .init(document: "{}", reason: "because"), .init(record: 1, problems: [problem]))
    + MessageCase.method(
        Admin.RemoveCapability.self, .init(name: "a/b", reason: "because"), .init(record: 1))
    + MessageCase.method(Admin.Leases.self, .init(pattern: "a/*"), .init(leases: [lease]))
    + MessageCase.method(Admin.AcceptClock.self, .init(reason: "because"), .init(record: 1))
    + MessageCase.method(Admin.Status.self, .init(), .init(status: status))
    + MessageCase.method(
        Admin.Reload.self, .init(reason: "because", dryRun: true),
        .init(
            revision: 1, record: 2, changes: [change], problems: [problem], source: "directory", directory: "/p",
            changesLeft: 3))
    + [MessageCase("Subject", subject), MessageCase("Finding", finding), MessageCase("Answer", answer)]
    + MessageCase.method(
        Admin.Explain.self,
        .init(record: 1, subject: subject, action: "open", name: "a/b", rights: ["read"], atUSec: 2),
        .init(decision: "permit", recorded: "deny", rules: ["r"], findings: [finding]))
    + MessageCase.method(
        Admin.Replay.self, .init(files: [file], sinceUSec: 1),
        .init(record: 1, before: "permit", after: "deny", rules: ["r"], decided: 2, changed: 1, unclear: 1))
    + MessageCase.method(Admin.WhoCan.self, .init(name: "a/b", action: "open"), .init(answers: [answer]))
    + MessageCase.method(Admin.WhatCan.self, .init(subject: subject), .init(answers: [answer]))

// SPDX-License-Identifier: Apache-2.0

import VaultInterface

private typealias Broker = BrokerInterface

private let lease = Broker.Lease(id: "l", expiresUSec: 1, renewableUSec: 2)
private let grant = Broker.Grant(
    name: "a/b", fileDescriptor: 0, rights: ["read"], kind: "file", delivery: "fresh", revocation: "none", record: 3,
    lease: lease)
private let capability = Broker.Capability(
    name: "a/b", kind: "file", rights: ["read", "write"], origin: "opened", delivery: "fresh", revocation: "none",
    state: "failed", problem: "ENOENT")

private let identity = Broker.Identity(
    uid: 1, gid: 2, groups: [3], pid: 4, pin: "pidfd", user: "alice", pidfdInode: 5, label: "l", cgroup: "/c",
    unit: "u.service", loginuid: 6, session: 7, namespace: "host", exe: "/bin/cat", exeSha256: "ab", sha256: "ab",
    idMap: "partial", none: ["unit"], unknown: ["exe": "why"])

let brokerCases: [MessageCase] =
    [
        MessageCase("Request", Broker.Request(name: "a/b", rights: ["read"])),
        MessageCase("Lease", lease),
        MessageCase("Grant", grant),
        MessageCase("Capability", capability),
        MessageCase("Identity", identity),
    ]
    + MessageCase.method(
        Broker.Open.self, .init(requests: [.init(name: "a/b", rights: ["read", "append"])], reason: "because"),
        .init(grants: [grant, grant]))
    + MessageCase.method(Broker.List.self, .init(pattern: "a/*"), .init(capabilities: [capability]))
    + MessageCase.method(Broker.Describe.self, .init(name: "a/b"), .init(capability: capability))
    + MessageCase.method(Broker.Remove.self, .init(name: "a/b"), .init(record: 5))
    + MessageCase.method(Broker.Renew.self, .init(lease: "l"), .init(lease: lease))
    + MessageCase.method(Broker.Release.self, .init(lease: "l"), .init())
    + MessageCase.method(Broker.WhoAmI.self, .init(), .init(identity: identity))

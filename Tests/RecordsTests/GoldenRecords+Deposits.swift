// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

extension GoldenRecords {
    static let aboutDeposits: [(String, Record)] = [
        (
            "grant, of a deposit",
            {
                var grant = Record.Grant(
                    request: "run-9", policy: stamp, peer: peer(alice),
                    capability: CapabilityText(name: "jobs/in", kind: "deposit", rights: ["use"], delivery: "shared"),
                    rules: ["jobs"], charged: "jobs", lease: LeaseText(id: "run-80", expiresUSec: 1_795_224_900_123_456)
                )
                grant.deposit = "run-70"
                grant.isTake = true
                return .grant(grant)
            }()
        ),
        (
            "deposit",
            .deposit(
                .init(
                    request: "run-7", policy: stamp, peer: peer(alice),
                    capability: CapabilityText(name: "jobs/in", kind: "deposit", rights: ["use"], delivery: "shared"),
                    rules: ["jobs"], charged: "jobs", deposit: .init(id: "run-70", type: "pipe")))
        ),
        (
            "deposit, with everything",
            .deposit(
                .init(
                    request: "run-7", policy: stamp, peer: peer(alice),
                    capability: CapabilityText(
                        name: "logs/app", kind: "deposit", rights: ["append"], delivery: "shared"),
                    rules: ["jobs", "logs"], charged: "jobs",
                    deposit: .init(
                        id: "run-71", type: "regular-file", expiresUSec: 1_795_224_900_123_456, replaces: "run-70"),
                    opened: .init(device: "254:1", inode: 17, mount: 27, path: "/var/log/app.log")))
        ),
        (
            "deposit, cut",
            {
                var deposit = Record.Deposit(
                    request: long, policy: stamp, peer: peer(large),
                    capability: CapabilityText(name: "logs/app", kind: "deposit", rights: ["read"], delivery: "shared"),
                    rules: (0..<2000).map { "rule-with-a-long-name-\($0)" }, charged: long,
                    deposit: .init(id: "run-71", type: "regular-file"),
                    opened: .init(device: "254:1", inode: 17, mount: nil, path: long))
                deposit.rulesMore = 3
                return .deposit(deposit)
            }()
        ),
        (
            "remove",
            .remove(
                .init(
                    request: "run-8", policy: stamp, peer: peer(alice),
                    capability: CapabilityText(name: "jobs/in", kind: "deposit"),
                    deposit: .init(id: "run-70", type: "pipe"), deposited: 70, why: "asked"))
        ),
        (
            "remove, since its time has come",
            .remove(
                .init(
                    capability: CapabilityText(name: "jobs/in", kind: "deposit"),
                    deposit: .init(id: "run-70", type: "pipe"), deposited: 70, why: "time"))
        ),
        (
            "take.confirm",
            .takeConfirm(
                .init(
                    request: "run-8", policy: stamp, peer: peer(alice),
                    capability: CapabilityText(name: "jobs/in", kind: "deposit"),
                    deposit: .init(id: "run-70", type: "pipe"), deposited: 70, grant: 80))
        ),
        (
            "deposit.hangup",
            .hangUp(
                .init(
                    capability: CapabilityText(name: "jobs/in", kind: "deposit"),
                    deposit: .init(id: "run-70", type: "pipe"), deposited: 70))
        ),
        (
            "restore, of a deposit",
            .restore(
                .deposit(
                    CapabilityText(name: "jobs/in", kind: "deposit", rights: ["use"], delivery: "shared"),
                    .init(id: "run-70", type: "pipe", expiresUSec: 1_795_224_900_123_456), deposited: 70),
                isKept: true)
        ),
        (
            "restore, of a deposit whose descriptor is another",
            .restore(
                .deposit(
                    CapabilityText(name: "jobs/in", kind: "deposit"), .init(id: "run-70", type: "pipe"), deposited: 70),
                isKept: false)
        ),
        (
            "handover",
            .handover(
                peer: peer(alice), descriptors: 4,
                sha256: "f4a1c2b3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f")
        ),
        ("handover.end", .handoverEnd(problem: "the other daemon has closed the connection")),
    ]
}

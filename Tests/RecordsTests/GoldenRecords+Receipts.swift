// SPDX-License-Identifier: Apache-2.0

import Records

extension GoldenRecords {
    private static let secret = Record.Opened(
        device: "254:1", inode: 17, mount: 27, path: "/etc/vaultd/secrets/tls.key",
        sha256: String(repeating: "ab", count: 32))

    static let aboutReceipts: [(String, Record)] = [
        (
            "delivery, and what has arrived",
            {
                var report = DeliveryReport()
                for index in UInt64(17)...22 { report.addSent(index) }
                for index in [11, 12, 17, 18, 19] as [UInt64] { report.addReceived(index) }
                report.missing = [20, 21]
                return .delivery(report)
            }()
        ),
        (
            "grant, of a connection",
            {
                var grant = Record.Grant(
                    request: "run-9", policy: stamp, peer: peer(bare),
                    capability: CapabilityText(name: "net/db", kind: "connection", rights: ["use"], delivery: "shared"),
                    rules: ["net"], charged: "net")
                grant.connected = "[2001:db8::7]:5432"
                return .grant(grant)
            }()
        ),
        (
            "grant, of content",
            {
                var grant = Record.Grant(
                    request: "run-10", policy: stamp, peer: peer(bare),
                    capability: CapabilityText(
                        name: "services/web.service/key", kind: "memory", rights: ["read"],
                        delivery: Record.Content.delivery), rules: ["keys"], charged: "keys")
                grant.content = Record.Content(size: 32, sha256: String(repeating: "0f", count: 32))
                return .grant(grant)
            }()
        ),
        (
            "grant, of a secret in memory",
            .grant(
                .init(
                    request: "run-9", policy: stamp, peer: peer(bare),
                    capability: CapabilityText(name: "web/key", kind: "memory", rights: ["read"], delivery: "fresh"),
                    rules: ["web"], charged: "web", copy: .init(uid: 33, gid: 33, mode: 0o400),
                    opened: secret))
        ),
        (
            "capability.renew",
            .capabilityRenew(
                .init(
                    capability: CapabilityText(name: "web/key", kind: "memory"),
                    opened: .init(
                        device: "254:1", inode: 18, mount: 27, path: "/etc/vaultd/secrets/tls.key",
                        sha256: String(repeating: "cd", count: 32)), former: secret, grants: [78, 80], why: .changed))
        ),
        (
            "capability.renew, asked for, with many grants",
            .capabilityRenew(
                .init(
                    request: "run-9", policy: stamp, peer: peer(alice),
                    capability: CapabilityText(name: "db/conf", kind: "file"), reason: "it was issued anew",
                    opened: .init(device: "254:1", inode: 18, mount: nil, path: long),
                    former: .init(device: "254:1", inode: 17, mount: nil, path: long), grants: Array(100..<170),
                    why: .asked))
        ),
        (
            "capability.renew, of what is not held",
            .capabilityRenew(
                .init(
                    request: "run-9", policy: stamp, peer: peer(alice),
                    capability: CapabilityText(name: "db/conf", kind: "file"), opened: nil, former: nil, grants: [],
                    why: .asked))
        ),
        (
            "policy.apply, changes",
            .policyApply(
                revision(alice, "monthly"), files: 1, changes: 2,
                changed: ["capability.add logs/web", "rule.change web-reads"])
        ),
    ]
}

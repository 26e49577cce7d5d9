// SPDX-License-Identifier: Apache-2.0

import Records

extension GoldenRecords {
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
    ]
}

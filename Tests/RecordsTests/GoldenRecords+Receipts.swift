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
    ]
}

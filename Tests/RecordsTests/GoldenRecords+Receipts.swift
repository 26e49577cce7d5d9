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
        )
    ]
}

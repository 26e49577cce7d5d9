// SPDX-License-Identifier: Apache-2.0

import Records
import Testing

@Suite struct DeliveryReportTests {
    @Test("The record has the form of the documentation, and reads back")
    func form() throws {
        var report = DeliveryReport()
        for index in UInt64(17)...50 where index != 43 { report.addSent(index) }
        report.failed = [.init(index: 43, errno: "EPIPE"), .init(index: 51, reason: "revoked")]
        report.unknown = [60, 62]
        let bytes = GoldenRecords.text(99, .delivery(report))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(
            text.hasSuffix(
                #""sent":[[17,42],[44,50]],"failed":[{"index":43,"errno":"EPIPE"},{"index":51,"reason":"revoked"}],"#
                    + #""unknown":[60,62]}"#))
        #expect(try DeliveryReport(parsing: bytes) == report)
        for index in UInt64(17)...20 { report.addReceived(index) }
        report.missing = [44]
        let more = GoldenRecords.text(99, .delivery(report))
        let end = #","unknown":[60,62],"received":[[17,20]],"missing":[44]}"#
        #expect(String(decoding: more, as: UTF8.self).hasSuffix(end))
        #expect(try DeliveryReport(parsing: more) == report)
    }

    @Test("A long report is divided into parts that fit into a record each and lose nothing")
    func parts() throws {
        var report = DeliveryReport()
        for index in 0..<2000 { report.sent.append(UInt64(index * 2)...UInt64(index * 2)) }
        for index in 0..<500 { report.failed.append(.init(index: UInt64(9000 + index), errno: "ECONNRESET")) }
        report.unknown = (20_000..<22_000).map { UInt64($0) }
        report.received = report.sent
        report.missing = report.unknown
        let parts = report.parts()
        #expect(parts.count > 5)
        var joined = DeliveryReport()
        for part in parts {
            #expect(GoldenRecords.text(1 << 60, .delivery(part)).count <= Record.limit)
            joined.sent += part.sent
            joined.failed += part.failed
            joined.unknown += part.unknown
            joined.received += part.received
            joined.missing += part.missing
        }
        #expect(joined == report)
        #expect(DeliveryReport().parts() == [])
    }
}

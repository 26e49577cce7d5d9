// SPDX-License-Identifier: Apache-2.0

import TerminalKit
import Testing
import VaultInterface

@testable import vault

@Suite("Records of the log")
struct RecordTests {
    static let grant = AuditInterface.Entry(
        record: 17,
        text: """
            {"v":1,"index":17,"type":"grant","timeUSec":1795224000123456,"bootTimeUSec":81234567,"bootId":"b","request":"r1",\
            "policy":{"revision":3,"sha256":"s"},"peer":{"uid":1000,"user":"alice","gid":1000,"groups":[4,1000],"pid":4711,\
            "exe":"/usr/bin/cat"},"capability":{"name":"logs/web","kind":"file","rights":["read"],"delivery":"fresh"},\
            "decision":"permit","rules":["web"],"charged":"web","reason":"=1+1, \\"why\\""}
            """)

    @Test("a grant is told by who, what, and which rule")
    func summarises() {
        let record = RecordSummary(Self.grant)
        #expect(record.type == "grant")
        #expect(record.who == "alice[4711]")
        #expect(record.what == "logs/web (read)")
        #expect(record.stored.rules == ["web"])
        #expect(record.details == #"reason='=1+1, "why"'"#)
        #expect(record.time == LocalTime.text(1_795_224_000_123_456))
    }

    @Test("a record of a type that is not known is told by what it has")
    func summarisesOthers() {
        let record = RecordSummary(
            .init(
                record: 3,
                text:
                    #"{"type":"later.kind","timeUSec":1,"sent":[[1,2],[5,5]],"unknown":[],"document":"{}","peer":{"uid":7}}"#
            ))
        #expect(record.type == "later.kind")
        #expect(record.who == "uid 7")
        #expect(record.details == "sent=1-2,5")
        let broken = RecordSummary(.init(record: 4, text: "not JSON"))
        #expect(broken.type == "?")
        #expect(broken.details == "")
    }

    @Test("a line of values is quoted, has no formula and no control characters in it")
    func writesCSV() {
        let line = CSVLine(RecordSummary(Self.grant)).text
        let time = LocalTime.text(1_795_224_000_123_456)
        #expect(
            line == """
                17,\(time),grant,permit,1000,alice,4711,/usr/bin/cat,,logs/web,file,read,fresh,web,\
                "'=1+1, ""why""\",r1\r\n
                """)
        #expect(CSVLine.titles.split(separator: ",").count == 16)
    }

    @Test("everything in a record is shown with its path")
    func reports() {
        let text = RecordSummary(Self.grant).report(colours: false)
        let lines = text.split(separator: "\n")
        #expect(lines[0] == "record 17: grant")
        #expect(lines.contains { $0.hasPrefix("  peer.exe ") && $0.hasSuffix("/usr/bin/cat") })
        #expect(lines.contains { $0.hasPrefix("  bootTimeUSec ") && $0.hasSuffix(" 81234567") })
        #expect(lines.contains { $0.hasPrefix("  timeUSec ") && $0.contains("(1795224000123456)") })
        #expect(lines.contains { $0.hasPrefix("  capability.rights ") && $0.hasSuffix(" read") })
    }

    @Test("findings of a denial have a line each")
    func reportsFindings() {
        let text = RecordSummary(
            .init(
                record: 5,
                text: #"{"type":"deny","failed":[{"rule":"a","selector":"uid","wanted":"1","got":"2"},{"rule":"b"}]}"#)
        ).report(colours: false)
        #expect(text.contains("  failed[0].selector  uid\n"))
        #expect(text.contains("  failed[1].rule      b\n"))
    }
}

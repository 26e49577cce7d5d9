// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import vault

@Suite("The report")
struct ReportPageTests {
    @Test("text becomes markup only escaped, with what moves a terminal or turns a line around written out")
    func escapes() {
        let hostile = "</title><script>x</script> & \"a\" 'b' \u{1B}[2J \u{202E}"
        let page: HTMLText = "<b title=\"\(hostile)\">\(hostile)</b>"
        let text = #"&lt;/title&gt;&lt;script&gt;x&lt;/script&gt; &amp; &quot;a&quot; &#39;b&#39; \x1b[2J \u{202e}"#
        #expect(page.markup == "<b title=\"\(text)\">\(text)</b>")
    }

    @Test("lengths are written to a tenth, numbers in groups")
    func numbers() {
        let html: HTMLText = "\(1.0) \(0.25) \(-1.26) \(1234.96) \(0)"
        #expect(html.markup == "1 0.3 -1.3 1235 0")
        #expect([0, 999, 1000, 1_234_567].map(\.grouped) == ["0", "999", "1\u{2009}000", "1\u{2009}234\u{2009}567"])
    }

    @Test(
        "a change of the policy is told in words",
        arguments: [
            (
                #"{"type":"policy.apply","policy":{"revision":7,"sha256":"0"},"files":2,"directory":"/etc/p","changes":1}"#,
                "Revision 7: 2 files of /etc/p; 1 rule or capability changed"
            ),
            (
                #"{"type":"policy.apply","policy":{"revision":7,"sha256":"0"},"files":1,"changes":2,"changed":["rule.add a","rule.change b"]}"#,
                "Revision 7: 1 file, applied by command; 2 rules and capabilities changed: rule.add a, rule.change b"
            ),
            (
                #"{"type":"policy.apply","policy":{"revision":7,"sha256":"0"},"resolved":["user alice=1000"]}"#,
                "Revision 7: names looked up again, user alice=1000"
            ),
            (
                #"{"type":"rule.add","rule":"g","document":"{\"permit\":[\"open\"],\"capability\":\"x\",\"to\":{\"user\":\"a\"},\"uses\":2}"}"#,
                "Rule g permits open of x to user:a; uses 2"
            ),
            (
                #"{"type":"rule.add","rule":"g","document":"{\"forbid\":[\"open\"],\"capability\":\"x\",\"to\":\"anyone\"}"}"#,
                "Rule g forbids open of x for anyone"
            ),
            (#"{"type":"rule.add","rule":"g","document":"not JSON"}"#, "Rule g was made"),
            (
                #"{"type":"capability.add","capability":{"name":"a"},"document":"{\"name\":\"a\",\"file\":{\"path\":\"/x\"}}"}"#,
                "a is a capability from here on: file /x"
            ),
            (#"{"type":"capability.remove","capability":{"name":"a"}}"#, "a is no capability any more"),
            (#"{"type":"revoke","revoked":["a","b"]}"#, "Revoked: a, b"),
            (#"{"type":"rule.resume","rule":"g"}"#, "Rule g is in force again"),
            (#"{"type":"later.kind","size":3}"#, "size=3"),
        ])
    func changes(text: String, words: String) {
        #expect(RecordSummary(.init(record: 1, text: text)).changeInWords == words)
    }

    @Test("three denials beside three thousand grants can be seen, and nothing is no bar")
    func bars() {
        let html = BarChart(
            "user", [.init(key: "a", grants: 3000, denials: 0), .init(key: "b", grants: 1, denials: 3)]
        ).html.markup
        #expect(html.contains(#"<i class="grant" style="width:100%"></i><span>3\#u{2009}000</span>"#))
        #expect(html.contains(#"<i class="deny" style="width:100%"></i><span>3</span>"#))
        #expect(html.ranges(of: "<i class=\"deny\"").count == 1)
        #expect(html.contains("<span>0</span>"))
    }

    @Test("an axis ends at a round number with at most four steps")
    func scales() {
        #expect(Scale(0).ticks == [0, 1])
        #expect(Scale(3).ticks == [0, 1, 2, 3])
        #expect(Scale(7).ticks == [0, 2, 4, 6, 8])
        #expect(Scale(17).ticks == [0, 5, 10, 15, 20])
        #expect(Scale(3120).ticks == [0, 1000, 2000, 3000, 4000])
        for most in 1...5000 {
            let ticks = Scale(most).ticks
            #expect(ticks.count <= 5 && ticks[ticks.count - 1] >= most)
        }
    }

    @Test("a span has at most 72 columns of a round length, which begin at its multiples")
    func spans() {
        let minute: Int64 = 60_000_000
        let day = 1440 * minute
        let start: Int64 = 1_795_224_000_123_456
        for (length, words) in [
            (minute, "one minute"), (3 * 60 * minute, "5 minutes"), (day, "one hour"), (7 * day, "6 hours"),
            (30 * day, "one day"), (365 * day, "one week"), (5 * 365 * day, "4 weeks"), (40 * 365 * day, "32 weeks"),
        ] {
            let span = TimeSpan(from: start, to: start + length)
            #expect(span.stepWords == words)
            #expect(span.columns.count <= 73)
            #expect(span.columns.allSatisfy { $0 % span.stepUSec == 0 })
            #expect(span.columns[0] <= start && span.columns[span.columns.count - 1] + span.stepUSec >= start + length)
        }
        #expect(TimeSpan(from: 5, to: 5).columns == [0])
        #expect(TimeSpan(from: start, to: start + 30 * day).label(1_795_219_200_000_000) == "2026-11-21")
    }
}

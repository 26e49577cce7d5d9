// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

@Suite("The report in a browser", .enabled(if: HeadlessBrowser.program != nil, "no Chromium is installed"))
struct ReportBrowserTests {
    @Test("the page runs nothing, loads nothing and complains of nothing, whatever names clients chose")
    func isQuiet() async throws {
        let broker = try FakeBroker { AuditAnswers.report($0) }
        let path = broker.directory.path("report.html")
        let result = try await broker.vault("audit", "report", "--since", "30d ago", "--out", path.string)
        #expect(result.errorText == "")
        #expect(result.text.hasPrefix("wrote \(path): "))
        let visit = try await HeadlessBrowser().open(path)
        #expect(visit.console == [])
        #expect(visit.requests == [])
        // It was drawn to its end, and what a client sent is text in it.
        #expect(visit.document.contains("Newest changes of the policy"))
        #expect(visit.document.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(!visit.document.contains("<script"))
        #expect(visit.document.contains("Audit report of"))
        #expect(visit.document.contains("The newest 50 of "))
        #expect(visit.document.contains("There were floods of denials."))
        // For a person to look at: VAULT_SCREENSHOTS names a directory.
        if let directory = getenv("VAULT_SCREENSHOTS").map({ FilePath(String(cString: $0)) }) {
            for (name, isDark) in [("light", false), ("dark", true)] {
                try await HeadlessBrowser().draw(
                    path, to: directory.appending("report-\(name).png"), isDark: isDark, height: 3600)
            }
        }
    }

    @Test("a page that does run, load and complain is told from it")
    func noticesOthers() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(
            "<!DOCTYPE html><script>missing()</script><img src='http://127.0.0.1:9/x.png'>", to: "bad.html")
        let visit = try await HeadlessBrowser().open(path)
        #expect(visit.console.contains { $0.contains("missing is not defined") })
        #expect(visit.requests.contains("http://127.0.0.1:9/x.png"))
    }
}

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
        #expect(visit.document.contains("Rule granted-4 permits open of secrets/db"))
        #expect(visit.document.contains("whose tree has the root"))
        // For a person to look at: VAULT_SCREENSHOTS names a directory.
        if let directory = getenv("VAULT_SCREENSHOTS").map({ FilePath(String(cString: $0)) }) {
            try await HeadlessBrowser().draw(
                path, to: directory.appending("report-narrow.png"), isDark: false, width: 500, height: 7000)
            for (name, isDark) in [("light", false), ("dark", true)] {
                try await HeadlessBrowser().draw(
                    path, to: directory.appending("report-\(name).png"), isDark: isDark, width: 1200, height: 3600)
            }
        }
    }

    @Test(
        "nobody has to scroll sideways, be it on a telephone, on a tablet or at a desk",
        arguments: [320, 390, 640, 1200])
    func fits(width: Int) async throws {
        let broker = try FakeBroker { AuditAnswers.report($0) }
        let path = broker.directory.path("report.html")
        let result = try await broker.vault("audit", "report", "--since", "30d ago", "--out", path.string)
        #expect(result.errorText == "")
        // In a frame of that width, which a page around it measures, every table unfolded. Its own policy would forbid that.
        let page = try broker.directory.read("report.html")
            .replacing(/<meta http-equiv[^>]*>/, with: "").replacing("<details>", with: "<details open>")
        let frame = page.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
        let around = try broker.directory.write(
            """
            <!DOCTYPE html><iframe width="\(width)" height="800" srcdoc="\(frame)"></iframe>
            <script>onload = () => {
              const root = document.querySelector("iframe").contentDocument.documentElement;
              document.title = `wide ${root.scrollWidth}, tall ${root.scrollHeight}`;
            };</script>
            """, to: "around.html")
        let document = try await HeadlessBrowser().open(around).document
        let found = try #require(document.firstMatch(of: /wide ([0-9]+), tall ([0-9]+)/), "\(document.suffix(500))")
        #expect(try #require(Int(found.1)) <= width)
        #expect(try #require(Int(found.2)) > 1_000)
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

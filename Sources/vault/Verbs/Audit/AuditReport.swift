// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// `vault audit report`: the log on one page.
struct AuditReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a page with charts of the log, for a browser.",
        discussion: """
            One HTML file that needs nothing else and loads nothing: grants and denials over time, by capability, by \
            user and by rule, which grants never arrived as their clients say, the newest denials with what was wanted and found, and the newest changes of the policy. \
            It has no script in it, follows the light or dark setting of the reader, and every chart has its table. \
            Records are chosen as with 'vault audit list'.

              vault audit report --out report.html
              vault audit report --since '30d ago' --out report.html
              vault audit report --since today --user alice --out alice.html
            """)

    @OptionGroup var broker: SocketOption
    @OptionGroup var filter: AuditFilterOptions

    @Option(help: ArgumentHelp("The file; - for standard output.", valueName: "path"), completion: .file())
    var out: String

    func run() throws {
        let data = try ReportData(broker.connect(), filter)
        let page = ReportPage(data: data).text
        // It tells who did what: nobody else reads it unless somebody says so.
        try OutputFile.write(page, to: out, mode: 0o600)
        if out == "-" { return }
        try StandardOutput.write("wrote \(out.escaped): \(data.total.words)\n")
    }
}

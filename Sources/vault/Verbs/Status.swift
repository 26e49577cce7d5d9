// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import TerminalKit
import VaultInterface

/// `vault status`: how the broker is.
struct Status: ParsableCommand, PagedVerb {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the broker is: problems first.",
        discussion: """
            Problems are capabilities that could not be opened, a log that cannot be written, an opener that is gone, \
            a reload that failed, warnings of the policy, names that are gone, files of the directory that are not read, \
            suspended rules, a policy in force that is not the directory's, and files that \
            too many may write. Each has a line that says what to try. Where the system's broker does not run, the \
            service manager is asked why.

            The exit status is for health checks: 0 while all of it works; 5 while something does not (an opener that is gone, \
            a clock behind the log, a log that is not signed, a capability that could not be opened, a reload that failed) and grants are \
            given; 3 while nothing is granted, since the log cannot be written, or no broker answers.

              vault status
              vault status --output json | jq -e '.problems == []'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions
    @OptionGroup var pager: PagerOption

    /// A broker that the service manager starts for this very call is given as long.
    private static let patience = Duration.seconds(30)

    func run() throws {
        let status = try status()
        try format.print(status, text: StatusReport(status: status).text(colours: Terminal.output.hasColours))
        switch status["health"]?.string {
        case "failed"?: throw ExitCode(Failure.Status.unavailable.rawValue)
        case "degraded"?: throw ExitCode(Failure.Status.unverified.rawValue)
        default: break
        }
    }

    private func status() throws(Failure) -> JSONObject {
        do throws(Failure) {
            let reply = try broker.connect(timeLimit: Self.patience).call(Untyped<AdminInterface.Status>.self, .init())
            return reply["status"]?.object ?? [:]
        } catch {
            guard error.status == .unavailable, broker.isTheSystems else { throw error }
            throw ServiceState.ask()?.failure ?? error
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import JSONText
import TerminalKit
import VaultClient

/// `vault doctor`: everything that is commonly wrong, and what to do about it.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at everything that is commonly wrong, and say what to do.",
        discussion: """
            It looks at the socket and who could replace it, whether the broker answers and is of this version, the units and \
            what was changed of them, the state directory and the room there, the settings and policies (vaultd --check), what the \
            broker says of itself, checkpoints, the clock, and how the last run ended. Nothing is changed; that the log was read for \
            it is in the log. Who may not administer the vault is told what can be told to them.

            Each finding has two lines: what it is, and what to try. What could not be looked at is a note. The \
            exit status is 0 where nothing is wrong (notes are not), 5 where something is, 3 where nothing is granted or no broker answers.

              sudo vault doctor
              vault doctor --output json | jq -r '.[].remedy'
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    private static let patience = Duration.seconds(10)

    func run() throws {
        let path = broker.location.resolvedPath
        var findings = SocketCheck(path: path, isTheSystems: broker.isTheSystems).findings()
        var state = broker.isTheSystems ? "/var/lib/vaultd" : nil
        var answers = false
        do throws(Failure) {
            var check = BrokerCheck(try broker.connect(timeLimit: Self.patience), now: SystemClock.wallTimeUSec())
            check.run()
            answers = check.answers
            state = check.state ?? state
            findings += check.findings
        } catch {
            // Why there is no socket has been said.
            if !findings.contains(where: { $0.severity == .failed }) { findings.append(Finding("broker", error)) }
        }
        if broker.isTheSystems, ServiceState.canBeAsked {
            let units = ServiceState.ask(UnitCheck.properties, of: UnitCheck.units)
            findings +=
                units.map { UnitCheck(state: $0, answers: answers).findings() } ?? [UnitCheck.unseen]
        }
        if let state { findings += PlaceCheck(state: state, isTheSystems: broker.isTheSystems).findings() }
        try report(findings.inOrder)
    }

    private func report(_ findings: [Finding]) throws {
        let wrong = findings.filter { $0.severity != .note }
        if format.output == .text {
            let colours = Terminal.output.hasColours
            var text = findings.map { $0.text(colours: colours) }.joined(separator: "\n")
            if wrong.isEmpty {
                let all = !findings.contains(where: \.isUnseen)
                let headline = all ? "nothing is wrong" : "nothing wrong was found in what could be looked at"
                text =
                    Style.good.applied(to: headline, colours: colours) + "\n" + (text.isEmpty ? "" : "\n") + text
            }
            try StandardOutput.write(text)
        } else {
            var printer = ListingPrinter<Finding>(format.output, Table("CHECK")) { _ in [] }
            try printer.print(findings)
            try printer.finish()
        }
        guard !wrong.isEmpty else { return }
        let hasFailed = wrong.contains { $0.severity == .failed }
        throw ExitCode((hasFailed ? Failure.Status.unavailable : .unverified).rawValue)
    }
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import SystemPackage
import TerminalKit
import VaultInterface

/// `vault exec`: a program is run with descriptors of the vault.
struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command with descriptors, where it looks for them.",
        discussion: """
            --pass hands descriptors over as socket activation does: they are 3, 4, … in the order of the options, and \
            LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES and LISTEN_PIDFDID say so, sd_listen_fds(3). --stdin, --stdout, \
            --stderr and --fd put one where an ordinary program looks. All are asked for together: if one is denied, \
            nothing runs.

            RIGHTS are read, write, append and use, with commas. Without them --stdin asks for read, --stdout and \
            --stderr for write, or for append where the capability has only that, the others for as much as may be had. --stdout and --stderr with the same value get the \
            same descriptor, as with 2>&1 in a shell.

            The process becomes COMMAND. The exit status is 125 when the vault's part fails, 126 when COMMAND cannot be \
            run, 127 when it is not found, and otherwise its own.

              vault exec --pass web/listener=http -- /usr/bin/server
              vault exec --stdin logs/web/access -- wc -l
              vault exec --fd 5=secrets/db:read --stdout logs/report:append -- ./report
            """)

    @OptionGroup var broker: BrokerOptions

    @Option(
        help: ArgumentHelp("Pass it by LISTEN_FDS.", valueName: "name[:rights][=fdname]"),
        completion: CapabilityNames.completion, transform: { try PassArgument($0) })
    var pass: [PassArgument] = []

    @Option(
        help: ArgumentHelp("Its standard input.", valueName: "name[:rights]"), completion: CapabilityNames.completion,
        transform: { try PassArgument($0, usualRights: ["read"], takesName: false) })
    var stdin: PassArgument?

    @Option(
        help: ArgumentHelp("Its standard output.", valueName: "name[:rights]"), completion: CapabilityNames.completion,
        transform: { try PassArgument(forOutput: $0) })
    var stdout: PassArgument?

    @Option(
        help: ArgumentHelp("Its standard error.", valueName: "name[:rights]"), completion: CapabilityNames.completion,
        transform: { try PassArgument(forOutput: $0) })
    var stderr: PassArgument?

    @Option(
        help: ArgumentHelp("Its descriptor N.", valueName: "n=name[:rights]"), transform: NumberedArgument.init)
    var fd: [NumberedArgument] = []

    @Option(help: ArgumentHelp("Why, for the audit log; some rules demand it.", valueName: "text"))
    var reason: String?

    @Argument(parsing: .postTerminator, help: "The program and its arguments.", completion: .default)
    var command: [String] = []

    func run() throws {
        guard let program = command.first else {
            throw Failure(.beforeCommand, "which command?", next: "vault exec --pass NAME -- COMMAND")
        }
        let plan: PassingPlan
        let opened: OpenedCapabilities
        do {
            // Refused before anything is asked for.
            _ = try PassingPlan(pass: pass, input: stdin, output: stdout, error: stderr, numbered: fd)
            (plan, opened) = try open()
        } catch let error as Failure {
            throw Failure(.beforeCommand, error.message, next: error.next)
        }
        var launch = CommandLaunch(program: program, argumentCount: command.count)
        try launch.place(plan, sources: opened.takeDescriptors())
        launch.announce(plan.listeningNames)
        throw launch.execute()
    }

    /// Asks for all of them. The connection is gone when this returns.
    private func open() throws -> (plan: PassingPlan, opened: OpenedCapabilities) {
        let needsBroker = !pass.isEmpty || stdin != nil || stdout != nil || stderr != nil || !fd.isEmpty
        let connection = needsBroker ? try broker.connect() : nil
        let plan = try PassingPlan(
            pass: pass, input: stdin, output: try settled(stdout, connection), error: try settled(stderr, connection),
            numbered: fd)
        guard let connection else { return (plan, OpenedCapabilities()) }
        return (plan, try connection.open(plan.requests, reason: reason))
    }

    /// Which right to write there is.
    private func settled(_ argument: PassArgument?, _ connection: BrokerConnection?) throws -> PassArgument? {
        guard var argument, argument.writesSomehow, let connection else { return argument }
        let has = try connection.call(BrokerInterface.Describe.self, .init(name: argument.name)).capability.rights
        if !has.contains("write"), has.contains("append") { argument.rights = ["append"] }
        return argument
    }
}

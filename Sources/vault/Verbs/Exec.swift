// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

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
        transform: { try PassArgument(forInput: $0) })
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

    /// What was read, for whoever does it.
    var call: ExecCall {
        ExecCall(
            broker: broker.location, pass: pass, stdin: stdin, stdout: stdout, stderr: stderr, fd: fd, reason: reason,
            command: command)
    }

    func run() throws { try call.run() }
}

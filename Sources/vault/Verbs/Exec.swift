// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `vault exec`: a program is run with descriptors of the vault.
struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command with descriptors, where it looks for them.",
        discussion: """
            --pass hands descriptors over as socket activation does: they are 3, 4, … in the order of the options, and \
            LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES and LISTEN_PIDFDID say so, sd_listen_fds(3). Without FDNAME a deposit is \
            called what its depositor calls it, anything else by its own name. --stdin, --stdout, \
            --stderr and --fd put one where an ordinary program looks. LISTEN_FDS does not count them, and no two can \
            have the same number. All are asked for together: if one is denied, nothing runs.

            --env VAR=NAME sets VAR to a path that opens the descriptor: /dev/fd/N, where N is the lowest number from 3 \
            on that is free. With --arg NAME such a path takes the place of {NAME} in the arguments of COMMAND, or of \
            {WORD} with --arg NAME=WORD. Other braces stay as they are. A path opens the file anew, from its start and \
            by its permissions: memory belongs to who asks for it, another file COMMAND must be permitted to open, and \
            a socket has no path. That is looked at before COMMAND runs. --env-fd VAR=NAME sets VAR to the number N.

            --env-content VAR=NAME sets VAR to what is read: at most 16 KiB, without the line feeds at the end. A \
            warning says who can see it there; prefer --env.

            RIGHTS are read, write, append and use, with commas. Without them --stdin, --env and --arg ask for read, \
            --stdout and --stderr for write, or for append where the capability has only that, the others for as much \
            as may be had. --stdout and --stderr with the same value get the same descriptor, as with 2>&1 in a shell.

            With --on-renew the process stays, as the parent of COMMAND, and watches what it has asked for, which takes the \
            right to 'watch'. Paths then lead into the parent (/proc/PARENT/fd/N), and --link PATH=NAME makes a symbolic \
            link to one. When a capability was renewed, paths lead to what it is now, and COMMAND gets the signal, or with \
            'exec' is ended with TERM and run anew. What has a number stays what it was until then. What is not permitted any \
            more can no longer be opened by its path. Signals go on to COMMAND, and its exit status is the parent's: it has to stay in the foreground. With \
            --notify what COMMAND tells the service manager is told as the parent's.

            Otherwise the process becomes COMMAND, with the environment, the signals and the open descriptors that vault itself \
            was started with, those excepted whose number another takes. The exit status is 125 when the vault's part \
            fails, 126 when COMMAND cannot be run, 127 when it is not found, and otherwise its own.

              vault exec --pass web/listener=http -- /usr/bin/server
              vault exec --stdin logs/web/access -- wc -l
              vault exec --fd 5=secrets/db:read --stdout logs/report:append -- ./report
              vault exec --env PASSWORD_FILE=secrets/db -- ./server
              vault exec --arg secrets/key -- ssh-keygen -y -f {secrets/key}
              vault exec --env-fd HTTP=web/listener -- haproxy -f haproxy.cfg
              NGINX='3;' vault exec --fd 3=web/listener -- nginx
              vault exec --on-renew HUP --link /run/key=web/key -- nginx -g 'daemon off;'
            """)

    @OptionGroup var broker: BrokerOptions

    @Option(
        help: ArgumentHelp("Pass it by LISTEN_FDS.", valueName: "name[:rights][=fdname]"),
        completion: Completion.names, transform: { try PassArgument($0) })
    var pass: [PassArgument] = []

    @Option(
        help: ArgumentHelp("Its standard input.", valueName: "name[:rights]"), completion: Completion.names,
        transform: { try PassArgument(forInput: $0) })
    var stdin: PassArgument?

    @Option(
        help: ArgumentHelp("Its standard output.", valueName: "name[:rights]"), completion: Completion.names,
        transform: { try PassArgument(forOutput: $0) })
    var stdout: PassArgument?

    @Option(
        help: ArgumentHelp("Its standard error.", valueName: "name[:rights]"), completion: Completion.names,
        transform: { try PassArgument(forOutput: $0) })
    var stderr: PassArgument?

    @Option(
        help: ArgumentHelp("Its descriptor N.", valueName: "n=name[:rights]"), transform: NumberedArgument.init)
    var fd: [NumberedArgument] = []

    @Option(
        help: ArgumentHelp("The variable VAR is a path that opens it.", valueName: "var=name[:rights]"),
        transform: VariableArgument.init(path:))
    var env: [VariableArgument] = []

    @Option(
        help: ArgumentHelp("The variable VAR is the number of its descriptor.", valueName: "var=name[:rights]"),
        transform: VariableArgument.init(number:))
    var envFd: [VariableArgument] = []

    @Option(
        help: ArgumentHelp("The variable VAR is what it holds.", valueName: "var=name"),
        transform: VariableArgument.init(content:))
    var envContent: [VariableArgument] = []

    @Option(
        help: ArgumentHelp("{NAME} in the arguments is a path that opens it.", valueName: "name[:rights][=word]"),
        completion: Completion.names, transform: PassArgument.init(forWord:))
    var arg: [PassArgument] = []

    @Option(
        help: ArgumentHelp("PATH is a link to a path that opens it.", valueName: "path=name[:rights]"),
        transform: LinkArgument.init)
    var link: [LinkArgument] = []

    @Option(
        help: ArgumentHelp("Stay, and do this when one is renewed: a signal, or exec.", valueName: "signal"),
        transform: OnRenew.init)
    var onRenew: OnRenew?

    @Flag(help: "Tell the service manager what COMMAND tells it.")
    var notify = false

    @Option(help: ArgumentHelp("Why, for the audit log; some rules demand it.", valueName: "text"))
    var reason: String?

    @Argument(parsing: .postTerminator, help: "The program and its arguments.", completion: .default)
    var command: [String] = []

    /// What was read, for whoever does it.
    var call: ExecCall {
        ExecCall(
            broker: broker.location, pass: pass, stdin: stdin, stdout: stdout, stderr: stderr, fd: fd,
            variables: env + envFd + envContent, arg: arg, links: link, onRenew: onRenew, notify: notify,
            reason: reason, command: command)
    }

    func run() throws { try call.run() }
}

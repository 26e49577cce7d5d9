// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import JSONText
import SystemPackage
import TerminalKit
import VaultInterface
import VaultModel

/// `vault add`: a capability is added.
struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a capability.",
        discussion: """
            It stays until 'vault remove', over restarts too. Adding it lets nobody open it: that is said at the end, and \
            'vault grant' does it. What the opener will not open, since it lies beneath none of its roots, is warned of.

              vault add logs/web file /var/log/nginx/access.log --open each-grant
              vault add web/listener listener tcp:127.0.0.1:8080
              vault add db/connection connection tcp:127.0.0.1:5432 --delivery shared
              vault add secrets/db memory credential:db-password
              vault add web/files directory /srv/www
              vault add door/reader device /dev/ttyS0 --rights read,write
              vault add jobs/queue fifo /run/jobs --create 0600
              vault add scratch/pipe pipe
              vault add conf helper /etc/x.conf --run /usr/libexec/vault/vault-openfile
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "Its name: segments joined by '/'.")
    var name: String

    @Argument(help: "What it is.")
    var kind: CapabilityKind

    @Argument(
        help: """
            A path (file, directory, fifo, device, helper, memory), credential:NAME (memory), tcp:HOST:PORT, udp:HOST:PORT, unix:PATH \
            or unix:@NAME (listener), tcp:HOST:PORT or unix:PATH (connection).
            """, completion: .file())
    var value: String?

    @Option(help: ArgumentHelp("The rights it has: read, write, append, with commas. Else read.", valueName: "rights"))
    var rights: Rights?

    @Option(help: ArgumentHelp("Make a missing file or FIFO, with this mode, such as 0640.", valueName: "mode"))
    var create: String?

    @Flag(name: .customLong("nofollow"), help: "Refuse a path that ends in a symbolic link.")
    var noFollow = false

    @Flag(help: "Open it though others than root may write to a directory on the way, and choose the file.")
    var writableByOthers = false

    @Option(help: ArgumentHelp("How it is handed out: fresh or shared.", valueName: "way"))
    var delivery: String?

    @Option(help: ArgumentHelp("When it is opened: at-start, on-first-use or each-grant.", valueName: "time"))
    var open: String?

    @Option(
        help: ArgumentHelp("When a file or memory is opened anew: replaced, written or asked.", valueName: "when"))
    var renew: String?

    @Option(help: ArgumentHelp("Of a Unix socket: stream, seqpacket or datagram.", valueName: "type"))
    var type: String?

    @Option(help: ArgumentHelp("The mode of a Unix listener's path, such as 0660.", valueName: "mode"))
    var mode: String?

    @Option(name: .customLong("as"), help: ArgumentHelp("Under whose id a Unix socket is made.", valueName: "user"))
    var owner: String?

    @Option(help: ArgumentHelp("Under which group's id a Unix listener is made. Else nobody's.", valueName: "group"))
    var group: String?

    @Option(help: ArgumentHelp("How many connections may wait for a listener.", valueName: "count"))
    var backlog: Int?

    @Option(
        name: .customLong("v6only"),
        help: ArgumentHelp(
            "Whether a listener at an IPv6 address shuts IPv4 out: yes or no. Else yes.", valueName: "word"))
    var v6Only: String?

    @Flag(help: "Let other sockets of the same user have the port of an internet listener, too.")
    var reusePort = false

    @Flag(help: "Bind an internet listener to an address that need not be there yet.")
    var freebind = false

    @Option(help: ArgumentHelp("The receive buffer of an internet listener, such as 256KiB.", valueName: "size"))
    var receiveBuffer: String?

    @Option(help: ArgumentHelp("The send buffer of an internet listener, such as 256KiB.", valueName: "size"))
    var sendBuffer: String?

    @Option(
        name: .customLong("run"), help: ArgumentHelp("A helper's program; again for each argument.", valueName: "word"))
    var program: [String] = []

    @OptionGroup var why: ReasonOption

    func run() throws {
        let document = CapabilityDocument(
            name: name, kind: kind, value: value, rights: rights?.words, create: create, noFollow: noFollow,
            othersMayWrite: writableByOthers,
            delivery: delivery, opening: open, renewal: renew, type: type, mode: mode, owner: owner, group: group,
            backlog: backlog,
            v6Only: v6Only, reusePort: reusePort, freebind: freebind, receiveBuffer: receiveBuffer,
            sendBuffer: sendBuffer, run: program)
        let directory = try Failure.system("the current directory", next: "cd / first", ExactText.workingDirectory)
        let text = try document.text(in: directory)
        let connection = try broker.connect()
        let reply = try connection.call(AdminInterface.AddCapability.self, .init(document: text, reason: why.reason))
        guard format.output == .text else { return try StandardOutput.write(JSONOutput.text(reply, format.output)) }
        ProblemReport.warn(of: reply.problems ?? [])
        let rules = try connection.call(AdminInterface.Rules.self, .init()).rules
        let permits = rules.filter { !$0.suspended }.map { (rule: $0, summary: RuleSummary($0)) }
            .filter { $0.summary.permitsOpening(name) }
        var answer = "added \(name.escaped) (record \(reply.record))\n"
        for (rule, summary) in permits {
            answer += "may be opened by \(summary.principals.joined(separator: " ").escaped), rule \(rule.id.escaped)\n"
        }
        if permits.isEmpty { answer += "nobody may open it yet: vault grant \(name.escaped) --to user:NAME\n" }
        try StandardOutput.write(answer)
    }
}

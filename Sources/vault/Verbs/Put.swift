// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import SystemPackage
import TerminalKit
import VaultInterface
import VaultModel

/// `vault put`: a descriptor of this process is held for others.
struct Put: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put",
        abstract: "Have the vault hold a descriptor, for others or for later.",
        discussion: """
            It is the open file description itself that is held: whoever gets it shares its offset and its flags with \
            this process. Any type will do: a file, a pipe, a socket that listens or is connected, memory, a pidfd. A file \
            of a file system that others serve, a directory and a device need a rule that says so.

            A running helper that may open logs/app writes to this shell's file:

              vault put logs/app --fd 3 3>>app.log
              vault exec --stdout logs/app -- ./helper

            A listening socket that outlives its server:

              vault put web/socket --fd 3

            What is held outlives a restart or a crash of the vault where the service manager keeps it, as the unit vaultd.service \
            has it; not a stop, a reboot, or a file system that needs any-filesystem: yes. What was lost, the log says.
            """)

    @OptionGroup var broker: BrokerOptions
    @OptionGroup var format: OutputOptions

    @Option(help: ArgumentHelp("The descriptor; else standard input.", valueName: "number"))
    var fd: Int32 = 0

    @Option(
        help: ArgumentHelp("After how long it goes by itself, such as 10m.", valueName: "time"),
        transform: DurationText.parse(argument:))
    var expires: Int64?

    @Option(help: ArgumentHelp("What it is called by the program that gets it, in LISTEN_FDNAMES.", valueName: "name"))
    var fdname: String?

    @Flag(help: "Put it in the place of what is deposited under the name.")
    var replace = false

    @Argument(help: "The name that it is to have.", completion: Completion.names)
    var name: String

    func run() throws {
        let descriptor = try borrowed()
        let reply = try broker.connect().deposit(
            .init(
                name: name, fileDescriptor: 0, replace: replace ? true : nil,
                expiresAfterUSec: expires.map { Int($0) }, fdName: fdname),
            passing: [descriptor])
        try format.print(reply, text: "holding \(name.escaped) (record \(reply.record))\n")
    }

    /// A descriptor of its own of what the number names, so that the number stays the shell's.
    private func borrowed() throws(Failure) -> HeldDescriptor {
        let copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else {
            throw Failure(
                .usage, "descriptor \(fd): \(Errno(rawValue: errno).description)",
                next: "vault put \(name) --fd 3 3< FILE, or another number that is open here")
        }
        return HeldDescriptor(OwnedDescriptor(adopting: copy))
    }
}

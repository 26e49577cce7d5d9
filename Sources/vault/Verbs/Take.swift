// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import SystemPackage
import TerminalKit
import VaultInterface
import VaultModel

/// `vault take`: a deposit leaves the vault for a program.
struct Take: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "take",
        abstract: "Take a deposit out of the vault, and run a command with it.",
        discussion: """
            The command finds it as 'vault exec --pass' hands it over: it is 3, and LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES \
            and LISTEN_PIDFDID say so; or at --fd N. From then on the vault holds it no more. Until the command is about to \
            run it still does: nothing is lost when something goes wrong.

            For whom rules permit to open and to remove it. The exit status is that of 'vault exec'.

              vault take web/socket -- /usr/bin/server
              vault take jobs/input --fd 0 -- sort
            """)

    @OptionGroup var broker: BrokerOptions

    @Option(help: ArgumentHelp("Its number; else it is passed by LISTEN_FDS.", valueName: "n"))
    var fd: Int32?

    @Option(help: ArgumentHelp("Why, for the audit log; some rules demand it.", valueName: "text"))
    var reason: String?

    @Argument(help: "The deposit.", completion: Completion.names)
    var name: String

    @Argument(parsing: .postTerminator, help: "The program and its arguments.", completion: .default)
    var command: [String] = []

    func run() throws {
        guard let program = command.first else {
            throw Failure(.beforeCommand, "which command?", next: "vault take \(name) -- COMMAND")
        }
        do {
            try Self.find(program)
            // Refused before anything is asked for.
            _ = try plan(named: nil)
            keepFree(fd ?? PassingPlan.firstListening)
            let connection = try broker.connect()
            let opened = try connection.open([.init(name: name, take: true)], reason: reason)
            guard let grant = opened.grants.first, let lease = grant.lease else {
                throw Failure(.unavailable, "the answer is not one of a vault", next: "vault and vaultd of one version")
            }
            var launch = CommandLaunch(program: program, argumentCount: command.count)
            try launch.prepare(plan(named: grant.fdName), sources: opened.takeDescriptors())
            // The last thing that can fail for the vault's sake: from here on it is the command's.
            _ = try connection.call(BrokerInterface.Confirm.self, .init(lease: lease.id))
            throw launch.execute()
        } catch let error as Failure {
            let isOfCommand = error.status == .noCommand || error.status == .cannotRun
            throw isOfCommand ? error : Failure(.beforeCommand, error.message, next: error.next)
        }
    }

    /// Sees to it that the connection to the broker does not get the number that the command's descriptor is to have: it is needed
    /// once more when that is in its place.
    private func keepFree(_ number: Int32) {
        guard fcntl(number, F_GETFD) == -1 else { return }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard null >= 0, null != number else { return }
        // The lowest that is free from there on is the number itself.
        _ = fcntl(null, F_DUPFD_CLOEXEC, number)
        close(null)
    }

    /// - Parameter descriptorName: what its depositor called it.
    private func plan(named descriptorName: String?) throws -> PassingPlan {
        guard let fd else {
            let named = descriptorName.flatMap { try? PassArgument("\(name)=\($0)") }
            return try PassingPlan(pass: [try named ?? PassArgument(name)])
        }
        return try PassingPlan(numbered: [try NumberedArgument("\(fd)=\(name)")])
    }

    /// Sees that there is such a program, before anything is taken for it.
    private static func find(_ program: String) throws(Failure) {
        let places = getenv("PATH").map { String(cString: $0) } ?? "/bin:/usr/bin"
        let paths =
            program.utf8.contains(UInt8(ascii: "/"))
            ? [program] : places.split(at: ":", omittingEmpty: false).map { "\($0.isEmpty ? "." : $0)/\(program)" }
        guard !paths.contains(where: { access($0, X_OK) == 0 }) else { return }
        let isThere = paths.contains { access($0, F_OK) == 0 }
        let error = Errno(rawValue: isThere ? EACCES : ENOENT)
        throw Failure(
            isThere ? .cannotRun : .noCommand, "\(program): \(error.description)", next: "command -v \(program)")
    }
}
